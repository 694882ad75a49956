#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves the Debian package in a minimal Debian 12 of its own: installs it, starts it, upgrades it, removes and purges it.
#
#   packaging/try_package.sh FOLDER build/weir_0.1.0_amd64.deb      for example with FOLDER /var/tmp/package-root
#
# Needs root and debootstrap. The service is started by hand, as the user and with the capabilities that the unit gives, in a
# network namespace without a way out. FOLDER is made anew and removed afterwards (KEEP=1 leaves it).
set -euo pipefail

readonly suite=bookworm
readonly repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -eq 2 ] || { sed -n 's/^#   //p' "$0" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "try package: needs root for debootstrap and chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "try package: install debootstrap first" >&2; exit 1; }
case $1 in /*) ;; *) echo "try package: give an absolute folder" >&2; exit 2 ;; esac
readonly folder=${1%/}
readonly package=$2

source "$repository/tools/setup/fresh_root.sh"
say() { echo "try package: $*"; }
broken() { say "BROKEN: $*"; exit 1; }
must() { local what=$1; shift; "$@" || broken "$what"; say "ok: $what"; }
apt() { inside / "DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends $*" >>"$folder/tmp/apt.log" 2>&1 ||
  { tail -5 "$folder/tmp/apt.log"; broken "apt-get $*"; }; }
has() { [ -e "$folder$1" ]; }
lacks() { [ ! -e "$folder$1" ]; }

# The same program under a higher version: what an upgrade looks like to dpkg.
higher_version() {
  local work=$folder/tmp/higher
  rm -rf "$work"
  dpkg-deb -R "$package" "$work"
  sed -i 's/^Version: .*/&+1/' "$work/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$work" "$folder/tmp/higher.deb" >/dev/null
}

# A network namespace with one interface that leads nowhere; the service's own loopback serves its API.
start_by_hand() {
  chroot "$folder" /usr/bin/env "${settings[@]}" unshare --net bash -c '
    ip link set lo up && ip link add weir0 type veth peer name weir1 && ip link set weir0 up && ip link set weir1 up
    sed -i "s/^interface = .*/interface = \"weir0\"/" /etc/weir/weir.toml
    setpriv --reuid weir --regid weir --clear-groups --inh-caps +net_raw,+net_admin --ambient-caps +net_raw,+net_admin \
      /usr/bin/weir run -c /etc/weir/weir.toml >/tmp/service.log 2>&1 &
    service=$!
    for _ in $(seq 100); do grep -q "^Open" /tmp/service.log && break; sleep 0.2; done
    grep "It holds" /tmp/service.log
    exec 3<>/dev/tcp/127.0.0.1/8600 && printf "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" >&3
    head -1 <&3 | tr -d "\r"; exec 3<&-
    kill -HUP $service; sleep 2; grep -q "^Reloaded" /tmp/service.log && echo reloaded
    kill $service; wait $service; echo "ended with $?"' >"$folder/tmp/by_hand.log" 2>&1
  cat "$folder/tmp/by_hand.log"
  grep -q "HTTP/1.1 200" "$folder/tmp/by_hand.log" && grep -q "^reloaded" "$folder/tmp/by_hand.log" &&
    grep -q "ended with 0" "$folder/tmp/by_hand.log"
}

make_root
mount_in
copy_settings
cp "$package" "$folder/tmp/weir.deb"
apt update
inside / "dpkg --purge weir" >/dev/null 2>&1 || true  # left from a run with KEEP=1
must "the package names no library that Debian does not have" apt install iproute2 util-linux /tmp/weir.deb
must "the program is there and finds its own model runtime" inside / "weir version"
must "its model fits it" inside / "weir model verify >/dev/null"
must "the system's own libraries are untouched" lacks /usr/lib/x86_64-linux-gnu/libonnxruntime.so.1
must "the user weir exists and can log in nowhere" inside / "getent passwd weir | grep -q nologin"
must "a configuration was made" has /etc/weir/weir.toml
must "the state is for weir alone" inside / '[ "$(stat -c %U:%a /var/lib/weir)" = weir:700 ]'
must "the unit is enabled for the next boot" inside / "[ -L /etc/systemd/system/multi-user.target.wants/weir.service ]"
must "there is a bill of materials" inside / "grep -q CycloneDX /usr/share/doc/weir/bom.cdx.json"
must "it serves, reloads and ends as the user weir with two capabilities" start_by_hand
must "a token that root makes is readable by the service" inside / "weir user add ann >/dev/null 2>&1 && [ \$(stat -c %U /var/lib/weir/users.json) = weir ]"

inside / "echo '# mine' >>/etc/weir/weir.toml"
higher_version
apt install /tmp/higher.deb
must "an upgrade keeps the configuration" inside / "grep -q '# mine' /etc/weir/weir.toml"
must "an upgrade keeps users and detections" inside / "grep -q ann /var/lib/weir/users.json && [ -s /var/lib/weir/weir.db ]"
must "it serves after the upgrade" start_by_hand

apt remove weir
must "removing takes the program" lacks /usr/bin/weir
must "removing takes the private library" lacks /usr/lib/weir
must "removing keeps configuration and detections" inside / "[ -s /etc/weir/weir.toml ] && [ -s /var/lib/weir/weir.db ]"
apt purge weir
must "purging takes them too" inside / "[ ! -e /etc/weir ] && [ ! -e /var/lib/weir ]"
must "purging leaves nothing of the package" inside / "! find / -xdev -path /proc -prune -o -path /tmp -prune -o -path /var/log -prune -o -name '*weir*' -print | grep -v /var/lib/dpkg | grep ."
say "installed, started, upgraded, removed and purged: all well"
