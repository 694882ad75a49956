# SPDX-License-Identifier: Apache-2.0
# ONNX Runtime for C++ in .deps/onnxruntime/{include,lib}.
#
# Debian 13 and later have libonnxruntime-dev: it is installed and linked to. Debian 12 has nothing, and no package
# index holds the headers beside the library. So the library comes out of the Python wheel (pinned by checksum) and
# the headers out of Debian 13's package (signed by Debian), which apt fetches from the mirror this system already uses.

readonly onnxruntime=$deps/onnxruntime
readonly header_suite=trixie

install_onnxruntime() {
  local inputs
  inputs=$(digest "$packages/onnxruntime.pip" "$root/tools/setup/onnxruntime.sh")
  [ -e "$onnxruntime/lib/libonnxruntime.so" ] && stamped onnxruntime "$inputs" && return 0
  if system_has_onnxruntime; then
    link_system_onnxruntime
  else
    fetch_onnxruntime
  fi
  stamp onnxruntime "$inputs"
}

system_has_onnxruntime() { [ -n "$(apt-cache pkgnames libonnxruntime-dev 2>/dev/null)" ]; }

link_system_onnxruntime() {
  apt_install libonnxruntime-dev
  say "using the system's ONNX Runtime"
  local library
  library=$(dpkg -L libonnxruntime-dev | grep '/libonnxruntime\.so$') || fail "libonnxruntime-dev holds no libonnxruntime.so"
  rm -rf "$onnxruntime" && mkdir -p "$onnxruntime/lib"
  ln -s "$(dirname "$(dpkg -L libonnxruntime-dev | grep '/onnxruntime_c_api\.h$')")" "$onnxruntime/include"
  ln -s "$library" "$onnxruntime/lib/libonnxruntime.so"
}

# Both halves are put together in a temporary folder that becomes .deps/onnxruntime in one rename: never half of it.
fetch_onnxruntime() {
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) fail "there is no ONNX Runtime wheel for $(uname -m); give CMake your own by -DWEIR_ONNXRUNTIME_ROOT=FOLDER" ;;
  esac
  ensure_venv
  say "installing ONNX Runtime into .deps/onnxruntime (library from its wheel, headers from Debian 13)"
  local work=$deps/onnxruntime.partial
  rm -rf "$work" && mkdir -p "$work"/{wheel,headers,whole/lib}
  fetch_library "$work/wheel" "$work/whole/lib"
  fetch_headers "$work/headers" "$work/whole/include"
  check_api_numbers "$work/whole"
  rm -rf "$onnxruntime"
  mv "$work/whole" "$onnxruntime"
  rm -rf "$work"
}

# The wheel is only unpacked for its shared library, so its Python version does not matter: one is named and pinned.
fetch_library() {
  local work=$1 out=$2
  logged "downloading ONNX Runtime" pip download --no-deps --only-binary=:all: --require-hashes --dest "$work" \
    --python-version 311 --implementation cp --platform "manylinux_2_28_$(uname -m)" \
    --platform "manylinux_2_27_$(uname -m)" --requirement "$packages/onnxruntime.pip"
  logged "unpacking ONNX Runtime" "$venv/bin/python" -m zipfile -e "$work"/*.whl "$work/x"
  local library
  library=$(basename "$work"/x/onnxruntime/capi/libonnxruntime.so.*)
  logged "copying ONNX Runtime" cp "$work/x/onnxruntime/capi/$library" "$work/x/onnxruntime/LICENSE" \
    "$work/x/onnxruntime/ThirdPartyNotices.txt" "$out"
  ln -s "$library" "$out/libonnxruntime.so.1"
  ln -s "$library" "$out/libonnxruntime.so"
}

# apt itself reads the system's sources, in whichever of its two forms they are written, and names the mirror; the
# package of the other suite is then fetched with lists and caches of its own, so the system's stay as they are.
fetch_headers() {
  local work=$1 out=$2 mirror options=()
  mirror=$(debian_mirror)
  if [ -z "$mirror" ]; then # apt names its mirrors only when it has their lists
    become_root "apt-get update"
    logged "apt-get update" apt_get update
    mirror=$(debian_mirror)
  fi
  [ -n "$mirror" ] || fail "apt's sources name no Debian mirror to take ONNX Runtime's headers from; give CMake your own by -DWEIR_ONNXRUNTIME_ROOT=FOLDER"
  mkdir -p "$work"/{lists/partial,cache/archives/partial,x}
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed_by=
  [ ! -e $keyring ] || signed_by="[signed-by=$keyring] "
  echo "deb $signed_by$mirror $header_suite main" >"$work/sources.list"
  options=(-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists"
    -o Dir::Cache="$work/cache" -o Acquire::Languages=none -o APT::Update::Error-Mode=any -o APT::Sandbox::User=
    -o Debug::NoLocking=1)
  logged "reading Debian's package list" apt-get "${options[@]}" update
  (cd "$work/x" && logged "downloading ONNX Runtime's headers" apt-get "${options[@]}" download libonnxruntime-dev)
  logged "unpacking ONNX Runtime's headers" dpkg-deb -x "$work"/x/libonnxruntime-dev_*.deb "$work/x"
  logged "copying ONNX Runtime's headers" cp -r "$(dirname "$(find "$work/x/usr/include" -name onnxruntime_c_api.h)")" "$out"
  cp "$work/x/usr/share/doc/libonnxruntime-dev/copyright" "$out/COPYRIGHT"
}

debian_mirror() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v release="$codename" '$1 == release && $2 == "main" { print $3; exit }'
}

# With headers newer than the library, GetApi() returns null and the program crashes at its first call.
check_api_numbers() {
  local whole=$1 headers library
  headers=$(sed -nE 's/^#define ORT_API_VERSION ([0-9]+).*/\1/p' "$whole/include/onnxruntime_c_api.h")
  library=$(basename "$whole"/lib/libonnxruntime.so.1.* | cut -d. -f4)
  [ -n "$headers" ] && [ "$headers" -le "$library" ] ||
    fail "ONNX Runtime's headers (API ${headers:-unknown}) are newer than its library (API $library); raise the version in tools/packages/onnxruntime.pip"
}
