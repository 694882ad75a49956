# SPDX-License-Identifier: Apache-2.0
# What the parts of set-up share: one sentence when something fails, one line when something is installed.

fail() {
  echo "set-up: $*" >&2
  exit 1
}

say() { echo "set-up: $*"; }

# Two set-ups at once (make -j, two terminals) would write the same folders: the second waits.
take_turn() {
  exec 9>"$deps/setup.lock"
  flock -n 9 && return
  say "another set-up is running here; waiting for it"
  flock 9
}

# logged WHAT COMMAND...: runs quietly; a failure becomes one sentence that begins with WHAT.
logged() {
  local what=$1
  shift
  {
    echo "== $*"
    "$@" </dev/null
  } >"$log" 2>&1 || fail "$what failed: $(reason_in_log)"
}

# The world's usual reasons, told from the tools' own words.
reason_in_log() {
  if grep -qiE 'no space left|enough free space|ENOSPC' "$log" || disk_is_full; then
    echo "the disk is full; free some space (a whole set-up takes about 4 GB) and run the same command again"
  elif grep -qiE "could not resolve|temporary failure resolving|name resolution|network is unreachable|failed to establish a new connection|connection (refused|timed out)|could not connect|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|unable to connect" "$log"; then
    echo "the network or the package server cannot be reached; check the connection and run the same command again"
  elif grep -qi 'do not match the hashes' "$log"; then
    echo "a downloaded file does not have the pinned checksum; nothing of it was installed"
  else
    echo "$(grep -v '^[[:space:]]*$' "$log" | grep -iE '^(e:|error|npm err)' | head -1) (all of it is in ${log#"$root"/})"
  fi
}

# Some tools hide why they failed, so the disk is asked too; 20 MB is less than any step needs.
disk_is_full() { [ "$(df --output=avail -k "$deps" | tail -1)" -lt 20480 ]; }

# Stamps: a step is done when the digest of its inputs is the one it left behind.
digest() { cat "$@" | sha256sum | cut -d' ' -f1; }

stamped() { [ "$(cat "$deps/$1.stamp" 2>/dev/null)" = "$2" ]; }

stamp() { echo "$2" >"$deps/$1.stamp"; }
