#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The standard recordings: each of the nine networks once. About 38 minutes; needs root.
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
  python3 -m lab record --network "$1" --seed "$2" --seconds "$3" --quiet 100 --activity "$4" --per-minute 12 -o "$folder" &
  recording=$!
  wait "$recording"
}

# Asked to end: the recording is asked too, and takes its network down; other networks may belong to someone else.
trap 'kill "${recording:-}" 2>/dev/null; wait; exit 143' INT TERM
record office 101 240 1.5
record campus 102 240 1.5
record home 103 240 1.5
record farm 104 240 1.2
record provider 105 240 1.0
record clinic 106 240 1.5
record outpost 107 240 2.0
record arcade 108 240 1.3
record depot 109 240 1.3
