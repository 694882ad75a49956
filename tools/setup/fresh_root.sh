# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A minimal Debian of our own in $folder: made by debootstrap, mounted, left again. Sourced by tools/fresh_root.sh and
# packaging/try_package.sh, which have set $folder and $suite and checked that they are root.

say() { echo "fresh root: $*"; }

# Inside first: nothing may be removed while a mount of the outer system is still in it.
leave() {
  local status=$? mount
  trap - EXIT INT TERM
  for mount in $(awk -v root="$folder/" 'index($2 "/", root) == 1 { print $2 }' /proc/mounts | sort -r); do
    umount "$mount" 2>/dev/null || umount --lazy "$mount"
  done
  if [ -z "${KEEP:-}" ] && ! grep -qE " $folder[/ ]" /proc/mounts; then rm -rf --one-file-system "$folder"; fi
  exit $status
}
trap leave EXIT
trap 'exit 130' INT TERM

mirror() {
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v release=$suite '$1 == release && $2 == "main" { print $3; exit }'
}

make_root() {
  [ ! -e "$folder/etc/debian_version" ] || return 0
  local from
  from=$(mirror)
  [ -n "$from" ] || { say "apt's sources name no mirror of Debian $suite"; exit 1; }
  say "making a minimal Debian in $folder"
  mkdir -p "$folder"
  debootstrap --variant=minbase $suite "$folder" "$from" >"$folder.log" 2>&1 ||
    { say "debootstrap failed: $(tail -1 "$folder.log")"; exit 1; }
  rm -f "$folder.log"
}

# The root is made a mount of its own, as that of any system is: without, nothing inside can have a mount namespace.
mount_in() {
  mount --bind "$folder" "$folder"
  mount --make-private "$folder"
  mount -t proc proc "$folder/proc"
  mount --rbind /dev "$folder/dev"
  mount --make-rslave "$folder/dev"
  mount --bind /sys "$folder/sys"
  mount -t tmpfs tmpfs "$folder/run"
}

# What a user of this machine would have set up on any other: where packages come from, and whom to trust.
copy_settings() {
  local path
  for path in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/auth.conf.d /etc/apt/keyrings \
    /etc/pip.conf /etc/npmrc /usr/local/share/ca-certificates /etc/ssl/certs/ca-certificates.crt /etc/resolv.conf /etc/hosts \
    "$HOME/.npmrc" "$HOME/.config/pip" "$HOME/.config/git"; do
    rm -rf "${folder:?}$path"
    [ -e "$path" ] || continue
    mkdir -p "$(dirname "$folder$path")"
    cp -rL "$path" "$folder$path"
  done
  # Hooks of desktop programs that a minimal system does not have.
  rm -f "$folder"/etc/apt/apt.conf.d/*{packagekit,appstream}
}

inside() { chroot "$folder" /usr/bin/env -C "$1" "${settings[@]}" bash -c "$2" </dev/null; }

# The environment of a login there, plus this machine's package settings, if it keeps them in variables.
settings=(-i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
while IFS='=' read -r name value; do
  settings+=("$name=$value")
done < <(env | grep -E '^(PIP_[A-Z_]+|npm_config_[a-z_]+|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(https?|no)_proxy|(HTTPS?|NO)_PROXY)=' || true)
