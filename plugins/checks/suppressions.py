"""The submitter gives no orders: what in a package tells a scanner to look away, as informational findings.

No engine here obeys any of it; it is reported so that a reviewer sees where someone wanted nobody to look.
The static check reports it for all checks.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.checks.base import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from plugins.package import SourceFile

BANDIT_SECTION = "bandit-section"
MARKERS: tuple[tuple[str, tuple[bytes, ...], re.Pattern[bytes]], ...] = tuple(
    (name, literals, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for name, literals, pattern in (
        ("nosec", (b"nosec",), rb"\#[ \t]{0,20}nosec\b"),
        ("noqa-security", (b"noqa",), rb"\#[ \t]{0,20}noqa[ \t]{0,20}:[^\n]{0,100}?\bS\d{3}\b"),
        ("ast-grep-ignore", (b"ast-grep-ignore",), rb"\bast-grep-ignore\b"),
        ("nosemgrep", (b"nosem",), rb"\bnosem(?:grep)?\b"),
        ("eslint-disable", (b"eslint-disable",), rb"\beslint-disable(?:-next-line|-line)?\b"),
        ("kingfisher-ignore", (b"kingfisher:",), rb"\bkingfisher:[ \t]{0,20}(?:ignore|allow)\b"),
        ("gitleaks-allow", (b"leaks:allow",), rb"\b(?:git|better)leaks:allow\b"),
        ("allowlist-secret", (b"pragma:",), rb"\bpragma:[ \t]{0,20}(?:allow|white)list(?:[ \t]nextline)?[ \t]secret\b"),
        ("trufflehog-ignore", (b"trufflehog:",), rb"\btrufflehog:[ \t]{0,20}ignore\b"),
        ("ggignore", (b"ggignore",), rb"\bggignore\b"),
        ("nosonar", (b"nosonar",), rb"\bNOSONAR\b"),
        ("codeql-ignore", (b"codeql[", b"lgtm["), rb"\b(?:codeql|lgtm)\["),
        ("snyk-ignore", (b"snyk ignore", b"deepcode ignore"), rb"\b(?:snyk|deepcode) ignore\b"),
        ("phpcs-ignore", (b"phpcs:",), rb"\bphpcs:(?:ignore|disable)"),
        ("skipcq", (b"skipcq",), rb"\bskipcq\b"),
        (BANDIT_SECTION, (b"bandit]",), rb"^[ \t]{0,20}\[(?:tool\.)?bandit\]"),
    )
)
SECTION_FILES = frozenset({"pyproject.toml", "setup.cfg", "tox.ini"})
IGNORE_FILES = frozenset({
    ".semgrepignore", ".bandit", ".banditrc", ".gitleaksignore", ".gitleaks.toml", ".betterleaks.toml",
    ".secrets.baseline", ".kingfisherignore", ".kingfisher.yaml", ".trufflehogignore", ".gitguardian.yaml",
    ".gitguardian.yml", ".eslintignore", ".snyk", ".trivyignore", ".nsprc", ".ignore", ".gitignore",
    "phpcs.xml", ".phpcs.xml", "sonar-project.properties", "bandit.yaml", "bandit.yml", "sgconfig.yml", "sgconfig.yaml",
    ".kingfisher.yml", "kingfisher.yaml", "kingfisher.yml", ".opengrepignore", ".rgignore", "osv-scanner.toml",
    "audit-ci.json",
})  # fmt: skip
DOCUMENTATION = (".md", ".markdown", ".rst", ".adoc")
REMEDIATION = "Nothing to do: no check here obeys it. Reviewers see where it stands."


def suppressions(root: Path, files: Iterable[SourceFile], *, check: str) -> list[Finding]:
    """What the files of an unpacked tree hold: one finding a marker and file, at its first line, with its count.

    Reads regular files only, never through a link; files that are not there are passed over (the checks that scan
    them say so). `check` is the code of the check that reports them.
    """
    found: list[Finding] = []
    for file in files:
        path = root / file.path
        name = posixpath.basename(file.path).lower()
        if name in IGNORE_FILES:
            found.append(_ignore_file(file.path, check))
        elif not name.endswith(DOCUMENTATION) and path.is_file() and not path.is_symlink():
            found += in_text(file.path, path.read_bytes(), check=check)
    return found


def in_text(path: str, data: bytes, *, check: str) -> Iterator[Finding]:
    """The markers in the bytes of one file; binary files have none."""
    if b"\0" in data[:8192]:
        return
    lower = data.lower()
    for name, literals, pattern in MARKERS:
        if not any(literal in lower for literal in literals):
            continue
        if name == BANDIT_SECTION and posixpath.basename(path) not in SECTION_FILES:
            continue
        offsets = [match.start() for match in pattern.finditer(data)]
        if offsets:
            yield _marker(path, name, data, offsets, check)


def _marker(path: str, name: str, data: bytes, offsets: list[int], check: str) -> Finding:
    """The finding shows the marker's name and never the line: a credential may stand on it."""
    times = "once" if len(offsets) == 1 else f"{len(offsets)} times"
    return Finding(
        check=check,
        rule=f"suppression-{name}",
        severity=Severity.INFO,
        title=f"A marker tells scanners to look away ({name})",
        path=path,
        line=data.count(b"\n", 0, offsets[0]) + 1,
        snippet=name,
        detail=f"It stands in this file {times} and was not obeyed.",
        remediation=REMEDIATION,
        symbol=name,
    )


def _ignore_file(path: str, check: str) -> Finding:
    return Finding(
        check=check,
        rule="suppression-ignore-file",
        severity=Severity.INFO,
        title=f"A file tells scanners what not to look at ({posixpath.basename(path)})",
        path=path,
        line=1,
        detail="It was not obeyed.",
        remediation=REMEDIATION,
        symbol=posixpath.basename(path),
    )
