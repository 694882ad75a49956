#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves that a clone works on a machine that has nothing: makes a minimal Debian 12 in FOLDER, gives it only git and
# make, clones the repository into it, runs one make target there and says how long it took.
#
#   tools/fresh_root.sh FOLDER TARGET...      for example: tools/fresh_root.sh /var/tmp/root test
#
# Needs root and debootstrap. FOLDER is made anew and removed afterwards (KEEP=1 leaves it, and takes it up again next
# time). This machine's own package settings and certificates are copied in, as its user would have them there.
# `run` is given until its page answers, and is then stopped as by Ctrl-C.
set -euo pipefail

readonly suite=bookworm
readonly repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly clone=/root/weir
[ $# -ge 2 ] || { sed -n 's/^#   //p' "$0" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "fresh root: needs root for debootstrap and chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "fresh root: install debootstrap first" >&2; exit 1; }
case $1 in /*) ;; *) echo "fresh root: give an absolute folder" >&2; exit 2 ;; esac
readonly folder=${1%/}
shift

source "$repository/tools/setup/fresh_root.sh"

bring_clone() {
  say "installing git and make, and cloning"
  inside / "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install git make" \
    >"$folder/tmp/bring.log" 2>&1 || { say "git and make could not be installed: $(tail -1 "$folder/tmp/bring.log")"; exit 1; }
  rm -rf "$folder$clone"
  git clone -q --no-hardlinks "$repository" "$folder$clone"
  chown -R 0:0 "$folder$clone"
}

# `make run` serves until it is stopped: the page must answer, then one Ctrl-C must end it cleanly.
run_until_page() {
  local started=$SECONDS address="" starter
  # A shell's background command ignores SIGINT, and so would all that it starts.
  chroot "$folder" /usr/bin/env -C $clone --default-signal=INT "${settings[@]}" setsid make run LISTEN=127.0.0.1:0 \
    </dev/null >"$folder/tmp/run.log" 2>&1 &
  starter=$!
  until page_answers "${address:=$(page_address)}"; do
    kill -0 $starter 2>/dev/null || { cat "$folder/tmp/run.log"; say "make run ended without a page"; return 1; }
    sleep 1
  done
  say "make run: the page at $address answered after $((SECONDS - started)) s"
  sleep 20
  kill -INT -- "-$(group_inside weir)"
  wait $starter || true
  cat "$folder/tmp/run.log"
}

page_address() { grep -oE 'http://127\.0\.0\.1:[0-9]+' "$folder/tmp/run.log" | head -1 || true; }

# The fresh system shares this one's loopback.
page_answers() {
  [ -n "$1" ] || return 1
  local host=${1#http://}
  (
    exec 3<>"/dev/tcp/${host/://}"
    printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$host" >&3
    grep -q '<html' <&3
  ) 2>/dev/null
}

# The process group of a program that runs inside.
group_inside() {
  local process
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/root")" = "$folder" ] && [ "$(cat "$process/comm")" = "$1" ] || continue
    ps -o pgid= -p "${process##*/}" | tr -d ' '
    return
  done 2>/dev/null
}

make_target() {
  local started=$SECONDS status=0
  if [ "$1" = run ]; then
    run_until_page || status=$?
  else
    inside $clone "make $1" || status=$?
  fi
  say "make $1 ended with $status after $((SECONDS - started)) s"
  return $status
}

make_root
mount_in
copy_settings
bring_clone
for target in "$@"; do make_target "$target"; done
