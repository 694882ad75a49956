#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The standard recordings: each network once for training and once, with another seed, for testing. About 40 minutes; needs root.
#
#   lab/run.sh [OUT]      OUT: folder for the recordings (lab/out by default); what is already there is not recorded again

set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-lab/out}

record() { # network seed
  local folder=$out/$1-$2
  if [ -e "$folder/meta.json" ]; then
    echo "$folder is there already"
    return
  fi
  python3 -m lab record --network "$1" --seed "$2" --seconds 540 --activity 1.5 -o "$folder"
}

trap 'python3 -m lab down >/dev/null' EXIT
record office 11
record campus 12
record office 31
record campus 32
