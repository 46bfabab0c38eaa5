"""One finding for many alike in code nobody reads by hand: vendored, minified and test code. Nothing is dropped.

In: findings in any order. Out: the same, where those of one rule and severity in one group of files are one, with their
number and first places. Severity stays as it is: shipped code runs whoever wrote it. A group that spans several files
has its folder for a path, so that a decision about one of its files says nothing about the others; its identity rests
on all its members, so that one more of them is a new finding.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from plugins.checks.base import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from plugins.checks.base import Finding

FEWEST = 2
PLACES = 5
_VENDORED = re.compile(
    r"^(?P<group>(?:.*/)?(?:(?:node_modules|bower_components|jspm_packages)/(?:@[^/]+/)?[^/]+"
    r"|(?:vendor|vendors|vendored|_vendor|third_party|third-party|thirdparty|site-packages|externals?)/[^/]+))/"
)
_MODULES = re.compile(r"^.*(?:node_modules|bower_components|jspm_packages)/(?:@[^/]+/)?[^/]+(?=/)")
"""Greedy: the innermost package counts."""
_TESTS = re.compile(r"^(?P<group>(?:.*?/)?(?:tests?|__tests__|specs?|__mocks__|fixtures|testing|e2e|cypress))/")
_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]+\.py|[^/]+_test\.py|conftest\.py|[^/]+\.(?:test|spec)\.[cm]?[jt]sx?)$")
_MINIFIED = re.compile(r"[.-]min\.[cm]?js$")


def grouped(findings: Iterable[Finding], *, minified: AbstractSet[str], apart: AbstractSet[str]) -> list[Finding]:
    """Put alike findings together. `minified` are the paths of minified files, `apart` rules that stay as they are."""
    result: list[Finding] = []
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        group = "" if finding.rule in apart else group_of(finding.path, minified)
        if not group:
            result.append(finding)
            continue
        groups.setdefault((group, finding.check, finding.rule, finding.severity.value), []).append(finding)
    for (group, *_), alike in groups.items():
        result += [_together(group, alike)] if len(alike) >= FEWEST else alike
    return result


def group_of(path: str, minified: AbstractSet[str]) -> str:
    """The folder or file with which a file's findings are told together; "" for a file that stands by itself."""
    if match := _MODULES.match(path):
        return match[0]
    if match := _VENDORED.match(path):
        return match["group"]
    if match := _TESTS.match(path):
        return match["group"]
    if _TEST_FILE.search(path):
        return posixpath.dirname(path) or "."
    return path if path in minified or _MINIFIED.search(path) else ""


def _together(group: str, alike: list[Finding]) -> Finding:
    alike.sort(key=lambda finding: (finding.path, finding.line, finding.snippet))
    first = alike[0]
    files = {finding.path for finding in alike}
    members = "\x1f".join(sorted(f"{one.path}\x1e{normalise(one.snippet)}\x1e{one.symbol}" for one in alike))
    places = ", ".join(f"{one.path}:{one.line}" if one.line else one.path for one in alike[:PLACES])
    more = f" and {len(alike) - PLACES} more" if len(alike) > PLACES else ""
    where = f"{len(files)} files of {group}" if len(files) > 1 else "this file"
    return replace(
        first,
        path=f"{group}/" if len(files) > 1 else first.path,
        line=0 if len(files) > 1 else first.line,
        detail=f"{first.detail} It stands in {len(alike)} places of {where}: {places}{more}.".strip(),
        count=len(alike),
        symbol=f"{len(files)} files {hashlib.sha256(members.encode('utf-8', 'replace')).hexdigest()[:16]}",
    )
