# SPDX-License-Identifier: Apache-2.0
# The rivals of `make bench`: Python ones in .deps/bench, the Go one built from bench/rivals/go. Each may fail (no wheel for
# this machine, no way to the module proxy): the benchmarks then leave it out by name.

install_rivals() {
  local python_rivals=$packages/bench.pip
  mkdir -p "$deps/bench"
  if ! stamped rivals-python "$(digest "$python_rivals")"; then
    say "installing rivals for the benchmarks into .deps/bench: NFStream, cicflowmeter"
    if logged_may_fail /usr/bin/python3 -m venv "$deps/bench" &&
      logged_may_fail "$deps/bench/bin/pip" --disable-pip-version-check --no-input install --requirement "$python_rivals"; then
      stamp rivals-python "$(digest "$python_rivals")"
    else
      say "NFStream or cicflowmeter could not be installed (see .deps/setup.log): the benchmarks go without them"
    fi
  fi
  local go_rival
  go_rival=$(cat "$root"/bench/rivals/go/* | sha256sum | cut -d' ' -f1)
  if ! stamped rivals-go "$go_rival"; then
    say "building the Go rival for the benchmarks"
    if (cd "$root/bench/rivals/go" && logged_may_fail go build -o "$deps/bench/goflows" .); then
      stamp rivals-go "$go_rival"
    else
      say "the Go rival could not be built (see .deps/setup.log): the benchmarks go without it"
    fi
  fi
}

logged_may_fail() { "$@" >>"$log" 2>&1; }
