# SPDX-License-Identifier: Apache-2.0
# apt packages: what is missing is installed in one go, without starting or enabling any service.

readonly policy_file=/usr/sbin/policy-rc.d

listed_packages() {
  local group
  for group in "$@"; do
    sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$(package_list "$group")"
  done | sort -u
}

# The lab keeps its list beside the scenarios that need it.
package_list() { [ "$1" = lab ] && echo "$root/lab/packages.txt" || echo "$packages/$1.txt"; }

# Prints those of its arguments that dpkg does not have, whatever architecture suffix it lists them with.
missing_packages() {
  [ $# -gt 0 ] || return 0
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Abbrev}|${Package}\n' "$@" 2>/dev/null | sed -n 's/^.i *|//p' || true)
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

install_packages_of_groups() {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this system has no apt (weir is built on Debian 12 or a relative); install the packages named in tools/packages/ by hand"
  local listed
  mapfile -t listed < <(listed_packages "$@")
  apt_install "${listed[@]}"
}

apt_install() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0

  become_root "apt-get install ${missing[*]}"
  say "installing ${#missing[@]} apt packages: ${missing[*]}"
  local before
  before=$(installed_packages)
  forbid_service_start
  logged "apt-get install" update_and_install "${missing[@]}"
  allow_service_start
  disable_services_of "$(comm -13 <(echo "$before") <(installed_packages))"
}

# Nothing that the user has is ever removed for us (a time server of the lab would push out the system's own).
# An old index names versions that the server no longer has. A source of the user's that does not answer is no reason to
# stop: if it mattered, the installation fails, and both are in the log.
update_and_install() {
  apt_get update || true
  apt_get --yes --no-install-recommends --no-remove install "$@"
}

apt_get() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"; }

# become_root COMMAND: fills as_root with what makes a command run as root, or says which command root has to run.
become_root() {
  as_root=()
  [ "$(id -u)" -ne 0 ] || return 0
  command -v sudo >/dev/null || fail "apt packages are missing and this is neither root nor is there sudo; as root, run: $1"
  as_root=(sudo)
}

installed_packages() { dpkg-query -W -f='${Package}\n' | sort -u; }

# Debian starts a server as soon as it is installed; here servers are only wanted by tests that start their own.
forbid_service_start() {
  [ ! -e $policy_file ] || return 0
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy_file >/dev/null
  "${as_root[@]}" chmod +x $policy_file
  trap allow_service_start EXIT
  policy_is_ours=yes
}

allow_service_start() {
  [ "${policy_is_ours:-}" = yes ] || return 0
  "${as_root[@]}" rm -f $policy_file
  policy_is_ours=
}

# disable_services_of PACKAGES: nor should a server start with the next boot because a test needed its program.
disable_services_of() {
  command -v systemctl >/dev/null && [ -n "$1" ] || return 0
  local units
  units=$(dpkg -L $1 2>/dev/null | sed -nE 's#^(/usr)?/lib/systemd/system/([^/@]+\.(service|socket|timer))$#\2#p' | sort -u)
  [ -z "$units" ] || "${as_root[@]}" systemctl --quiet disable $units >>"$log" 2>&1 || true
}
