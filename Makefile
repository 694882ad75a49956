# SPDX-License-Identifier: Apache-2.0
# The front door: each target calls the tool that does the work, after set-up has made sure that the tool is there.
#
#   make run PCAP=file        replay a capture of yours            make run SPEED=max     as fast as it can be read
#   make run IFACE=eth0       watch a network interface            make run LISTEN=HOST:PORT
#   make check ALL=1          run clang-tidy on every file, not only on changed ones
#   make test ONLY="unit e2e" some kinds of tests (tools/run_tests.py --help names them)

.DEFAULT_GOAL := help
.PHONY: help run build web package test check format train lab bench soak hooks clean

export PATH := $(CURDIR)/.deps/venv/bin:$(CURDIR)/.deps/node/bin:$(PATH)
setup := tools/setup.sh
as_root := $(shell test "$$(id -u)" = 0 || echo sudo)
web_sources := $(shell test ! -d web || find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*')

SPEED ?= 10
LISTEN ?= 127.0.0.1:8600

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@sed -n 's/^#   /  /p' $(firstword $(MAKEFILE_LIST))

# The demonstration has a database of its own, emptied before: else a second look would begin with what the first one found.
run: build ## Watch attacks being found: the demonstration, your capture (PCAP=) or your network (IFACE=)
	@$(setup) run
ifdef IFACE
	@$(as_root) build/weir run -i "$(IFACE)" --listen $(LISTEN)
else
	@$(if $(PCAP),,rm -rf build/demonstration)
	@build/weir run -r "$(or $(PCAP),demo/demo.pcap.zst)" $(if $(PCAP),,--state-dir build/demonstration) \
	  --speed $(SPEED) --listen $(LISTEN)
endif

build: web build/build.ninja ## Compile the program to build/weir, the dashboard inside it
	@cmake --build build --target weir

build/build.ninja: CMakePresets.json
	@$(setup) build
	@cmake --preset release --log-level=WARNING
	@touch $@
	@ln -sf build/compile_commands.json compile_commands.json

web: $(if $(wildcard web/package.json),web/dist/index.html) ## Build the dashboard to web/dist
	@$(setup) build web

web/dist/index.html: $(web_sources)
	@$(setup) web
	@npm --prefix web run build

package: build ## Make the Debian package build/weir_VERSION_ARCH.deb, with its bill of materials
	@$(setup) package
	@packaging/bill_of_materials.py build/weir build/bom.cdx.json
	@cd build && cpack -G DEB >cpack.log || { tail -5 cpack.log; exit 1; }
	@ls -1 build/weir_*.deb

test: ## Build and run every test; the last line counts them
	@$(setup) test
	@tools/run_tests.py $(ONLY)

check: build/build.ninja ## Format, tidy, layers, types and lint of C++, Python and the dashboard
	@$(setup) check
	@tools/check.py $(if $(ALL),--all)

format: ## Rewrite the C++ and Python files you changed into the house's format (ALL=1: every file)
	@$(setup) check
	@tools/check.py --fix $(if $(ALL),--all)

train: build ## Train the models from the lab's recordings and export a bundle
	@$(setup) python
	@PYTHONPATH=python python -m weir.train

lab: build ## Record benign and attack traffic in isolated network namespaces
	@$(setup) lab
	@$(as_root) lab/run.sh

bench: build ## Measure weir against the limit of reading and against others, on generated traffic (30 minutes, 5 GB)
	@$(setup) bench
	@bench/compare.py

soak: build ## Watch a steady link of our own for an hour, and judge whether weir stays flat (MINUTES=15 for less)
	@$(as_root) tests/e2e/soak.py --minutes $(or $(MINUTES),60)

hooks: ## Check format and layers before each git commit
	@git config core.hooksPath .githooks

clean: ## Remove what builds wrote; what set-up fetched stays in .deps
	@rm -rf build build-asan build-tsan build-fuzz web/dist compile_commands.json
