"""Packs the Lambda: the same binary gives the same zip, whenever and wherever it is packed. Beside it, a list of what is inside.

    package.py BINARY ZIP TARGET

The list is a CycloneDX SBOM (https://cyclonedx.org/docs/1.6/json/) of the crates that Cargo.lock pins and the binary links. It
names no time and no random number, so it is reproducible, too.
"""

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "catchment-transformer"
# The earliest date that a zip can hold.
DATE = (1980, 1, 1, 0, 0, 0)
EXECUTABLE = 0o100755


def pack(binary: Path, target: Path) -> None:
    """Writes a zip with the binary as Lambda's `bootstrap`."""
    entry = zipfile.ZipInfo("bootstrap", DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, so that the permissions hold
    entry.external_attr = EXECUTABLE << 16
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(entry, binary.read_bytes(), compresslevel=9)


def metadata(platform: str) -> dict:
    """What Cargo knows of the workspace, for this platform."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={platform}"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)


def linked(known: dict) -> tuple[str, set[str]]:
    """The id of our package, and the ids of all that it depends on at run time or while it is built."""
    nodes = {node["id"]: node for node in known["resolve"]["nodes"]}
    (ours,) = (package["id"] for package in known["packages"] if package["name"] == PACKAGE)
    found, left = set(), [ours]
    while left:
        for dependency in nodes[left.pop()]["deps"]:
            is_used = any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])
            if is_used and dependency["pkg"] not in found:
                found.add(dependency["pkg"])
                left.append(dependency["pkg"])
    return ours, found


def checksums() -> dict:
    """The SHA-256 of each crate's source, by name and version, from Cargo.lock."""
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    return {(package["name"], package["version"]): package.get("checksum") for package in packages}


def component(package: dict, kind: str, checksum: str | None) -> dict:
    """A package in CycloneDX's words."""
    url = f"pkg:cargo/{package['name']}@{package['version']}"
    described = {"type": kind, "bom-ref": url, "name": package["name"], "version": package["version"], "purl": url}
    if package["license"]:
        described["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if checksum:
        described["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return described


def sbom(platform: str) -> dict:
    """The list of what is inside."""
    known = metadata(platform)
    packages = {package["id"]: package for package in known["packages"]}
    sums = checksums()
    ours, ids = linked(known)
    inside = sorted((packages[id] for id in ids), key=lambda package: (package["name"], package["version"]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component(packages[ours], "application", None)},
        "components": [component(it, "library", sums[it["name"], it["version"]]) for it in inside],
    }


def main(binary: str, target: str, platform: str) -> None:
    pack(Path(binary), Path(target))
    listed = json.dumps(sbom(platform), indent=1) + "\n"
    Path(target).with_suffix(".cdx.json").write_text(listed)


if __name__ == "__main__":
    main(*sys.argv[1:])
