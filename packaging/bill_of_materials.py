#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the bill of materials of a built weir, as CycloneDX 1.5 JSON.

    packaging/bill_of_materials.py build/weir build/bom.cdx.json

What is in the program comes from four places: libraries that it is linked to (asked of the program and of dpkg), headers that
were compiled into it (the -dev packages of tools/packages/build.txt), npm packages that were bundled into the dashboard
(web/package-lock.json), and what comes as a file of its own: ONNX Runtime and the model bundle, with their hashes.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
Component = dict[str, object]


def output_of(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def debian_package(name: str, scope: str) -> Component | None:
    query = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\t${source:Package}", name],
        capture_output=True,
        text=True,
    )
    if query.returncode != 0:
        return None
    package, version, architecture, source = query.stdout.split("\n")[0].split("\t")
    return {
        "type": "library",
        "name": package,
        "version": version,
        "purl": f"pkg:deb/debian/{package}@{version}?arch={architecture}",
        "properties": [{"name": "weir:how", "value": scope}, {"name": "weir:source-package", "value": source}],
    }


def linked_packages(program: Path) -> Iterable[Component]:
    names = set()
    for path in re.findall(r"=> (/\S+)", output_of("ldd", str(program))):
        # Debian 12 may know a library by its path before or after the merge of /usr.
        real = Path(path).resolve()
        for candidate in {path, str(real), str(real).removeprefix("/usr"), path.removeprefix("/usr")}:
            found = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True)
            if found.returncode == 0:
                names.add(found.stdout.split(": ")[0].split(",")[0])
                break
    return filter(None, (debian_package(name, "linked") for name in sorted(names)))


def compiled_in_packages() -> Iterable[Component]:
    lines = (ROOT / "tools" / "packages" / "build.txt").read_text().splitlines()
    names = [line for line in lines if line.endswith("-dev")]
    return filter(None, (debian_package(name, "compiled in") for name in names))


def dashboard_packages() -> Iterable[Component]:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())
    for path, package in lock["packages"].items():
        if not path or package.get("dev") or package.get("devOptional"):
            continue
        name = path.rpartition("node_modules/")[2]
        component: Component = {
            "type": "library",
            "name": name,
            "version": package["version"],
            "purl": f"pkg:npm/{name.replace('@', '%40')}@{package['version']}",
            "properties": [{"name": "weir:how", "value": "bundled into the dashboard"}],
        }
        if "license" in package:
            component["licenses"] = [{"expression": package["license"]}]
        yield component


def runtime(program: Path) -> Component:
    wheel = (ROOT / "tools" / "packages" / "onnxruntime.pip").read_text()
    version = re.search(r"^onnxruntime==(\S+)", wheel, re.MULTILINE).group(1)  # type: ignore[union-attr]
    library = Path(re.search(r"libonnxruntime\S* => (/\S+)", output_of("ldd", str(program))).group(1))  # type: ignore[union-attr]
    return {
        "type": "library",
        "name": "onnxruntime",
        "version": version,
        "purl": f"pkg:pypi/onnxruntime@{version}",
        "hashes": [{"alg": "SHA-256", "content": sha256(library.resolve())}],
        "licenses": [{"license": {"id": "MIT"}}],
        "properties": [{"name": "weir:how", "value": "library out of the wheel"}],
    }


def model() -> Component:
    folder = ROOT / "models" / "default"
    manifest = json.loads((folder / "manifest.json").read_text())
    return {
        "type": "machine-learning-model",
        "name": manifest["name"],
        "version": manifest["version"],
        "components": [
            {"type": "file", "name": path.name, "hashes": [{"alg": "SHA-256", "content": sha256(path)}]}
            for path in sorted(folder.iterdir())
        ],
    }


def bill(program: Path) -> dict[str, object]:
    version = json.loads(output_of(str(program), "version", "--json"))["weir"]
    found = [*linked_packages(program), *compiled_in_packages(), *dashboard_packages(), runtime(program), model()]
    # A library that is linked to, and whose headers are compiled in, is two packages; the same one twice is one.
    unique = {(c.get("purl") or c["name"]): c for c in reversed(found)}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {
                "type": "application",
                "name": "weir",
                "version": version,
                "hashes": [{"alg": "SHA-256", "content": sha256(program)}],
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": sorted(unique.values(), key=lambda c: (str(c["type"]), str(c["name"]))),
    }


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    program, path = map(Path, sys.argv[1:])
    found = bill(program)
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(f"bill of materials: {len(found['components'])} components in {path}")  # type: ignore[arg-type]
    return 0


if __name__ == "__main__":
    sys.exit(main())
