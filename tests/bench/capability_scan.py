"""What the capability scan of 1,200 JavaScript files takes: our engine in the sandbox, and the library as it comes.

The baseline is what a user of ast-grep would write: parse each file and ask for each of our rules' patterns, in one
process and without a sandbox. It resolves no names, so it sees far less; it is measured in the same rounds.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ast_grep_py import SgRoot

from plugins.checks.static import ast_grep, rules
from plugins.fetching import fetch
from plugins.intake import intake
from plugins.package import SourceFile
from tests.bench.front_doors import Spent, spend

if TYPE_CHECKING:
    from collections.abc import Sequence

TARGETS = (
    "npm:lodash@4.17.21", "npm:stripe@14.25.0", "npm:mongodb@6.5.0", "npm:express@4.19.2", "npm:axios@1.6.8",
    "npm:firebase-admin@12.0.0",
)  # fmt: skip
FILES = 1_200
AIM = 3.0
"""Seconds, on two processors."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One round over the same files."""

    ours: Spent
    baseline: Spent
    bytes: int
    observations: int


def measure(*, cache: Path, rounds: int) -> list[Scan]:
    """Measure `rounds` times, after one that does not count. Raises FetchFailed."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "tree"
        files = _corpus(root, Path(folder), cache)
        kept = []
        for _ in range(rounds + 1):
            seen = 0

            def ours() -> None:
                nonlocal seen
                report = ast_grep.scan(root, files)
                if report.gaps or len(report.parsed) + len(report.unparseable) != len(files):
                    raise RuntimeError(f"Not all files were scanned: {report.gaps}")
                seen = len(report.observations)

            spent = spend(ours)
            baseline = spend(lambda: _by_the_library(root, files))
            kept.append(Scan(spent, baseline, sum(file.size for file in files), seen))
    return kept[1:]


def _corpus(root: Path, work: Path, cache: Path) -> list[SourceFile]:
    """The first FILES scripts of the packages, in the order of TARGETS."""
    root.mkdir()
    for made in (work, root):
        made.chmod(0o755)
    files: list[SourceFile] = []
    for number, target in enumerate(TARGETS):
        into = work / f"fetched-{number}"
        into.mkdir()
        artifact = fetch(target, into=into, cache=cache).path
        with intake(artifact, filename=artifact.name, work=work / "intake") as taken:
            for file in taken.package.files:
                if file.language == "javascript" and len(files) < FILES:
                    path = f"{number}/{file.path}"
                    (root / path).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(taken.root / file.path, root / path)
                    files.append(SourceFile(path, file.size, file.sha256, "javascript"))
    if len(files) < FILES:
        raise RuntimeError(f"Only {len(files)} scripts; the packages are not those they were.")
    return files


def _by_the_library(root: Path, files: Sequence[SourceFile]) -> int:
    patterns = [rule for rule in rules.load().engine_rules if "ast" in rule and "javascript" in rule["languages"]]
    found = 0
    for file in files:
        tree = SgRoot((root / file.path).read_text(encoding="utf-8", errors="replace"), "javascript").root()
        found += sum(len(tree.find_all(**rule["ast"])) for rule in patterns)
    return found
