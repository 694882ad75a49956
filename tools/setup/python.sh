# SPDX-License-Identifier: Apache-2.0
# The Python environment .deps/venv, and wheels in it.

readonly venv=$deps/venv

# Debian's own interpreter, so that the environment does not depend on what else is first on the PATH. An environment
# knows its place: in a project folder that was moved or copied it is made anew.
ensure_venv() {
  local python=/usr/bin/python3
  [ -x $python ] || fail "/usr/bin/python3 is missing although the package python3 is installed"
  local identity
  identity="$(readlink -f $python) in $(readlink -f "$deps")"
  if [ -x "$venv/bin/pip" ] && stamped venv "$identity"; then return 0; fi
  say "making the Python environment .deps/venv"
  rm -rf "$venv" "$deps"/wheels-*.stamp
  logged "python3 -m venv" $python -m venv "$venv"
  stamp venv "$identity"
}

pip() { "$venv/bin/pip" --disable-pip-version-check --no-input "$@"; }

# install_wheels FILE: the pinned requirements in FILE, again only when FILE changes.
install_wheels() {
  local file=$1 name
  [ -e "$file" ] || return 0
  name=wheels-$(basename "$(dirname "$file")")-$(basename "$file")
  ensure_venv
  stamped "$name" "$(digest "$file")" && return 0
  say "installing Python packages into .deps/venv: $(sed -e 's/#.*//' -e '/^[[:space:]]*--/d' -e 's/[[:space:]\\]//g' "$file" | grep . | tr '\n' ' ')"
  logged "pip install" pip install --requirement "$file"
  stamp "$name" "$(digest "$file")"
}
