"""Build the sample plugins into the archives their platforms take, the same bytes every time.

Standard library only, no network, no build tools: `python -m samples.build DEST`.
"""

from __future__ import annotations

import argparse
import base64
import csv
import gzip
import hashlib
import io
import json
import sys
import tarfile
import tomllib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HERE = Path(__file__).resolve().parent
NPM_TIME = 499162500
"""The time `npm pack` gives every file: 1985-10-26 08:15 UTC."""
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o100644
WHEEL = b"Wheel-Version: 1.0\nGenerator: plugwarden-samples\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
PLACEHOLDER = b"@@LEAKED_TOKEN@@"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class BuiltSample:
    """One archive that was built, and why there is such a sample."""

    name: str
    filename: str
    path: Path
    sha256: str
    title: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A source tree beside this file and how its platform wants it packed."""

    name: str
    title: str
    purpose: str
    pack: Callable[[Path], tuple[str, bytes]]
    """Takes the tree, gives the archive's file name and bytes."""


def build_all(destination: Path) -> list[BuiltSample]:
    """Build every sample into `destination`, made where it is missing, and say what was built, in the order of SAMPLES.

    Raises OSError where the folder cannot be written.
    """
    destination.mkdir(parents=True, exist_ok=True)
    return [_build(sample, destination) for sample in SAMPLES]


def leaked_token() -> str:
    """Make up the token that the connector leaks: GitHub's form with a valid checksum, from a seed, opening nothing.

    It is made here so that no committed file holds anything a secret scanner would rightly report.
    Form: `ghp_`, 30 characters, then their CRC-32 as 6 digits of base 62.
    """
    seed = int.from_bytes(hashlib.sha256(b"a sample of plugwarden").digest(), "big")
    body = _base62(seed, 43)[-30:]
    return f"ghp_{body}{_base62(zlib.crc32(body.encode()), 6)}"


def pack_npm(tree: Path) -> tuple[str, bytes]:
    """Pack a tree as `npm pack` does: what `files` names and the files npm always takes, under `package/`."""
    manifest = json.loads((tree / "package.json").read_text(encoding="utf-8"))
    content = {f"package/{path}": data for path, data in _read(tree).items() if _npm_takes(path, manifest)}
    stem = manifest["name"].removeprefix("@").replace("/", "-")
    return f"{stem}-{manifest['version']}.tgz", _tar_gz(content)


def pack_wheel(tree: Path) -> tuple[str, bytes]:
    """Assemble a pure Python wheel by hand, after the binary distribution format and core metadata 2.4 of PyPA."""
    project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stem = f"{project['name'].replace('-', '_')}-{project['version']}"
    info = f"{stem}.dist-info"
    content = {path.removeprefix("src/"): data for path, data in _read(tree).items() if path.startswith("src/")}
    content |= {
        f"{info}/METADATA": _core_metadata(project, (tree / "README.md").read_text(encoding="utf-8")),
        f"{info}/WHEEL": WHEEL,
        f"{info}/entry_points.txt": _entry_points(project["entry-points"]),
        f"{info}/licenses/LICENSE": (tree / "LICENSE").read_bytes(),
        f"{info}/plugin-governance.json": (tree / "plugin-governance.json").read_bytes(),
        f"{info}/top_level.txt": "".join(f"{name}\n" for name in _top_level(content)).encode(),
    }
    content[f"{info}/RECORD"] = _record(content, f"{info}/RECORD")
    return f"{stem}-py3-none-any.whl", _zip(content)


def pack_connector(tree: Path) -> tuple[str, bytes]:
    """Zip a connector's files as they are."""
    definition = json.loads((tree / "apiDefinition.swagger.json").read_text(encoding="utf-8"))
    return f"{tree.name}-{definition['info']['version']}.zip", _zip(_read(tree))


SAMPLES = (
    Sample(
        "n8n-nodes-weather-desk",
        "Weather Desk",
        "A clean n8n node: one declared host, full declaration, tests, support and rollback. Fit to be certified.",
        pack_npm,
    ),
    Sample(
        "node-red-contrib-stock-ticker",
        "Stock Ticker",
        "A Node-RED node that also reports to a host it does not declare.",
        pack_npm,
    ),
    Sample(
        "acme-crm-connector",
        "Acme CRM",
        "A Python connector with a leaked token, weak cryptography and vulnerable pinned dependencies.",
        pack_wheel,
    ),
    Sample(
        "n8n-nodes-quick-notes",
        "Quick Notes",
        "An n8n node whose install hook looks at credential files. Harmless, to show how that is reported.",
        pack_npm,
    ),
    Sample(
        "invoice-hub-connector",
        "Invoice Hub",
        "A Power Platform connector that declares its host and its secret.",
        pack_connector,
    ),
)


def _build(sample: Sample, destination: Path) -> BuiltSample:
    filename, data = sample.pack(HERE / sample.name)
    path = destination / filename
    path.write_bytes(data)
    return BuiltSample(sample.name, filename, path, hashlib.sha256(data).hexdigest(), sample.title, sample.purpose)


def _read(tree: Path) -> dict[str, bytes]:
    """Give the tree's files by their path, in order, with the made-up token in place."""
    token = leaked_token().encode()
    paths = sorted(path for path in tree.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(tree).as_posix(): _with_token(path, token) for path in paths}


def _with_token(path: Path, token: bytes) -> bytes:
    # a page that speaks of the placeholder keeps it
    data = path.read_bytes()
    return data.replace(PLACEHOLDER, token) if path.suffix == ".py" else data


def _npm_takes(path: str, manifest: Mapping[str, Any]) -> bool:
    always = "/" not in path and path.lower().startswith(("package.json", "readme", "license"))
    return always or any(path == entry or path.startswith(f"{entry}/") for entry in manifest["files"])


def _core_metadata(project: Mapping[str, Any], readme: str) -> bytes:
    author = project["authors"][0]
    fields = [
        ("Metadata-Version", "2.4"),
        ("Name", project["name"]),
        ("Version", project["version"]),
        ("Summary", project["description"]),
        ("Author-email", f"{author['name']} <{author['email']}>"),
        ("License-Expression", project["license"]),
        ("License-File", "LICENSE"),
        *(("Project-URL", f"{label}, {url}") for label, url in project["urls"].items()),
        ("Keywords", ",".join(project["keywords"])),
        ("Requires-Python", project["requires-python"]),
        *(("Requires-Dist", requirement) for requirement in project["dependencies"]),
        ("Description-Content-Type", "text/markdown"),
    ]
    head = "".join(f"{name}: {value}\n" for name, value in fields)
    return f"{head}\n{readme}".encode()


def _entry_points(groups: Mapping[str, Mapping[str, str]]) -> bytes:
    lines = []
    for group, entries in groups.items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in entries.items()), ""]
    return "\n".join(lines).encode()


def _top_level(content: Mapping[str, bytes]) -> list[str]:
    return sorted({path.split("/")[0] for path in content})


def _record(content: Mapping[str, bytes], own_path: str) -> bytes:
    """Write RECORD: each file with its digest and size, and itself with neither."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for path, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.writerow([path, f"sha256={digest}", len(data)])
    rows.writerow([own_path, "", ""])
    return text.getvalue().encode()


def _tar_gz(content: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path, data in content.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mtime, entry.mode = len(data), NPM_TIME, FILE_MODE & 0o777
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _zip(content: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in content.items():
            entry = zipfile.ZipInfo(path, ZIP_TIME)
            entry.create_system, entry.external_attr = 3, FILE_MODE << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _base62(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits = BASE62[rest] + digits
    return digits


def main() -> None:
    """Build into the folder named on the command line and list what was built."""
    parser = argparse.ArgumentParser(prog="python -m samples.build", description="Build the sample plugins.")
    parser.add_argument("destination", type=Path)
    for sample in build_all(parser.parse_args().destination):
        sys.stdout.write(f"{sample.sha256}  {sample.path}\n")


if __name__ == "__main__":
    main()
