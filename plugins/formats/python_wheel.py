"""Wheels. Source: packaging.python.org, "Binary distribution format" and "Recording installed projects" (RECORD)."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from plugins.documents import PackageRefused, clean, decode, quote
from plugins.formats.identity import same_python_version
from plugins.package import InstallHook, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.formats.tree import Tree
    from plugins.package import Metadata, SourceFile

_UNHASHED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_ALGORITHMS = ("sha256", "sha384", "sha512")
_MAX_MISMATCHES = 20
_MISMATCH = "wheel-record-mismatch"
_SITE_FOLDER = re.compile(r"(?:[^/]+\.data/(?:purelib|platlib)/)?[^/]+\.pth")
_DATA_SCRIPT = re.compile(r"[^/]+\.data/scripts/.+")
_RUN_LINE = re.compile(r"import[ \t]")
_ROW_FIELDS = 3


def dist_info(tree: Tree) -> str | None:
    """Name the one `*.dist-info` folder at the root, or None; raises PackageRefused where there are two."""
    folders = sorted(name for name in tree.root_names if name.endswith(".dist-info") and f"{name}/METADATA" in tree)
    if len(folders) > 1:
        message = f"The wheel holds two manifests: {quote(folders[0])} and {quote(folders[1])}."
        raise PackageRefused("duplicate-manifest", message)
    return folders[0] if folders else None


def check_wheel(tree: Tree, folder: str, metadata: Metadata, filename: str) -> list[Problem]:
    """Compare folder and file name with the metadata and verify RECORD; raises PackageRefused without a WHEEL file."""
    if f"{folder}/WHEEL" not in tree:
        raise PackageRefused("manifest-missing", f"The wheel has no file {quote(f'{folder}/WHEEL')}.")
    problems = list(_identity_problems(folder.removesuffix(".dist-info"), metadata, folder))
    if filename.endswith(".whl"):
        stem = "-".join(filename.removesuffix(".whl").split("-")[:2])
        problems += _identity_problems(stem, metadata, filename)
    return problems + _record_problems(tree, f"{folder}/RECORD")


def read_pth_hooks(tree: Tree) -> list[InstallHook]:
    """Find `.pth` files, which land in site-packages: each `import` line in one runs at every start of Python."""
    hooks = []
    for path in (file.path for file in tree.files if _SITE_FOLDER.fullmatch(file.path)):
        lines = tree.read(path).decode("utf-8-sig", "replace").splitlines()  # as Python 3.13 does
        line = next((number for number, text in enumerate(lines, 1) if _RUN_LINE.match(text)), 0)
        command = clean(lines[line - 1]) if line else ""
        hooks.append(InstallHook("pth", path.rpartition("/")[2], path, line or 1, command))
    return hooks


def read_data_scripts(tree: Tree) -> list[InstallHook]:
    """Find the files that are installed as programs on the PATH."""
    found = (file.path for file in tree.files if _DATA_SCRIPT.fullmatch(file.path))
    return [InstallHook("data-scripts", path.rpartition("/")[2], path, 1) for path in found]


def _identity_problems(stem: str, metadata: Metadata, where: str) -> Iterator[Problem]:
    name, _, version = stem.partition("-")
    if canonicalize_name(name) != canonicalize_name(metadata.name) or not same_python_version(
        version.replace("_", "+"), metadata.version
    ):
        message = f"{quote(where)} and the metadata name different packages or versions."
        yield Problem("identity-mismatch", message, f"{where}/METADATA" if where.endswith(".dist-info") else "")


def _record_problems(tree: Tree, path: str) -> list[Problem]:
    if path not in tree:
        return [Problem(_MISMATCH, "The wheel has no RECORD, so that no file's digest can be checked.", path)]
    try:
        lines = decode(tree.read(path), path).splitlines()
        if len(lines) > 2 * len(tree.files) + _MAX_MISMATCHES:
            return [Problem(_MISMATCH, "RECORD lists far more files than the wheel holds.", path)]
        rows = list(csv.reader(lines, strict=True))
    except (csv.Error, PackageRefused):
        return [Problem(_MISMATCH, "RECORD cannot be read, so that no file's digest can be checked.", path)]
    problems = list(_mismatches(tree, path, rows))
    if len(problems) > _MAX_MISMATCHES:
        more = f"{len(problems) - _MAX_MISMATCHES} more files do not match RECORD."
        problems = [*problems[:_MAX_MISMATCHES], Problem(_MISMATCH, more, path)]
    return problems


def _mismatches(tree: Tree, path: str, rows: list[list[str]]) -> Iterator[Problem]:
    folder = path.rpartition("/")[0]
    unhashed = {f"{folder}/{name}" for name in _UNHASHED}
    listed: set[str] = set()
    for line, row in enumerate(rows, 1):
        if not row:
            continue
        name = row[0]
        reason = "is listed twice" if name in listed else _row_fault(tree, row, unhashed)
        listed.add(name)
        if reason:
            yield Problem(_MISMATCH, f"{quote(name)} {reason}.", path, line)
    for file in tree.files:
        if file.path not in listed and file.path not in unhashed:
            yield Problem(_MISMATCH, "The file is in the wheel but not in its RECORD.", file.path)


def _row_fault(tree: Tree, row: list[str], unhashed: set[str]) -> str:
    if len(row) != _ROW_FIELDS:
        return "has no digest and size in RECORD"
    name, digest, size = row
    file = tree.by_path.get(name)
    if name.endswith("/") and file is None:
        return ""
    if file is None:
        return "is in RECORD but not in the wheel"
    return "" if name in unhashed and not digest else _digest_fault(tree, file, digest, size)


def _digest_fault(tree: Tree, file: SourceFile, digest: str, size: str) -> str:
    algorithm, _, value = digest.partition("=")
    if algorithm not in _ALGORITHMS:
        return "has no safe digest in RECORD"
    if value.rstrip("=") != _digest(tree, file, algorithm) or (size and size != str(file.size)):
        return "does not have the digest and size that RECORD states"
    return ""


def _digest(tree: Tree, file: SourceFile, algorithm: str) -> str:
    raw = bytes.fromhex(file.sha256)
    if algorithm != "sha256":
        with tree.root.joinpath(file.path).open("rb") as content:
            raw = hashlib.file_digest(content, algorithm).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
