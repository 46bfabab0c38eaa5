"""Hosts a package names for people only: in its manual and as its homepage. Never egress, nor compared with it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from plugins.checks.base import MENTIONED, Observation, clip
from plugins.checks.static import hosts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plugins.package import Package

MANUALS = (".md", ".markdown", ".rst", ".adoc")
LARGEST = 1024 * 1024
HOSTS_A_FILE = 30
MANUALS_READ = 50
_CLIPPED = 120


def mentions(root: Path, package: Package) -> Iterator[Observation]:
    """Each host once a file, at its first line. Reads regular files only, never through a link."""
    stated = package.metadata
    for name, value in (("homepage", stated.homepage), ("repository", stated.repository), ("contact", stated.contact)):
        for seen in hosts.judge(value.removeprefix("git+")):
            yield Observation(MENTIONED, seen.host, package.manifest_path, 0, name)
    manuals = [file for file in package.files if posixpath.splitext(file.path)[1].lower() in MANUALS]
    for file in sorted(manuals, key=lambda file: (file.path.count("/"), file.path))[:MANUALS_READ]:
        path = root / file.path
        if file.size <= LARGEST and path.is_file() and not path.is_symlink():
            yield from _in_text(file.path, path.read_text(encoding="utf-8", errors="replace"))


def _in_text(path: str, text: str) -> Iterator[Observation]:
    told: set[str] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        if "://" not in line:
            continue
        for seen in hosts.judge(line[:2000]):
            if seen.host in told or (seen.skipped and not seen.mentioned) or len(told) >= HOSTS_A_FILE:
                continue
            told.add(seen.host)
            yield Observation(MENTIONED, seen.host, path, number, clip(line.strip()[:_CLIPPED]))
