#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what a group of tasks needs and is missing; a second run finds nothing to do and takes well under a second.
#
#   tools/setup.sh GROUP...     groups: build web python run test check lab bench package
#
# apt packages are listed in tools/packages/GROUP.txt and lab/packages.txt, wheels in tools/packages/*.pip. Everything
# that does not come from apt goes to .deps/ (ONNX Runtime, a Python environment, Node.js when the system's is too old)
# and web/node_modules; removing those folders undoes it. The last step's own words are in .deps/setup.log.
set -Eeuo pipefail

readonly root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly deps=$root/.deps
readonly packages=$root/tools/packages
readonly log=$deps/setup.log

source "$root/tools/setup/common.sh"
trap 'fail "stopped unexpectedly at line $LINENO of ${BASH_SOURCE##*/} ($BASH_COMMAND); please report this"' ERR
source "$root/tools/setup/apt.sh"
source "$root/tools/setup/python.sh"
source "$root/tools/setup/onnxruntime.sh"
source "$root/tools/setup/node.sh"
source "$root/tools/setup/bench.sh"

# Each group, and those it stands on.
expand_group() {
  case $1 in
    build | web | python) echo "$1" ;;
    run) echo build web run ;;
    # The git hook's own tests run the formatters.
    test) echo build web python lab check test ;;
    check) echo build web python check ;;
    lab) echo build python lab ;;
    bench) echo build web run bench ;;
    package) echo build web package ;;
    *) fail "there is no group '$1'; the groups are build, web, python, run, test, check, lab, bench and package" ;;
  esac
}

set_up() {
  case $1 in
    build) install_onnxruntime ;;
    web)
      install_node
      install_web_packages
      ;;
    python) install_wheels "$root/python/requirements.txt" ;;
    test) install_wheels "$packages/test.pip" ;;
    check) install_wheels "$packages/check.pip" ;;
    bench) install_rivals ;;
    run | lab | package) ;;
  esac
}

main() {
  [ $# -gt 0 ] || fail "name at least one group: build, web, python, run, test, check, lab, bench or package"
  local wanted group
  wanted=$(for group in "$@"; do expand_group "$group"; done) || exit 1
  read -ra wanted <<<"$(tr ' ' '\n' <<<"$wanted" | awk '!seen[$0]++' | tr '\n' ' ')"

  mkdir -p "$deps" 2>/dev/null && [ -w "$deps" ] || fail "cannot write to $deps: check its owner and the space left"
  take_turn
  install_packages_of_groups "${wanted[@]}"
  for group in "${wanted[@]}"; do set_up "$group"; done
}

main "$@"
