#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The standard recordings: each network once, one of them twice. About 38 minutes; needs root.
#
#   lab/run.sh [OUT]      OUT: folder for the recordings (lab/out by default); what is already there is not recorded again

set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-lab/out}

record() { # network seed seconds activity
  local folder=$out/$1-$2
  if [ -e "$folder/meta.json" ]; then
    echo "$folder is there already"
    return
  fi
  python3 -m lab record --network "$1" --seed "$2" --seconds "$3" --quiet 110 --activity "$4" --per-minute 11 -o "$folder"
}

trap 'python3 -m lab down >/dev/null' EXIT
record office 101 300 1.5
record campus 102 300 1.5
record home 103 300 1.5
record farm 104 300 1.2
record provider 105 300 1.0
record clinic 106 300 1.5
record office 107 300 1.5
