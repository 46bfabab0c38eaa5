"""What an engine's adapter gives back, and small helpers both adapters use."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plugins.sandbox import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from plugins.checks.base import Finding, Observation
    from plugins.package import SourceFile

CODE = "static"
A_FILE = 1_500
"""What a file costs beside its contents, in bytes."""
TREE = "/package"
"""Where the unpacked tree is seen inside the sandbox."""
_LITERAL = re.compile(r"""(?P<quote>["'`])(?P<body>[A-Za-z0-9+/_=.\-]{16,})(?P=quote)""")
_USERINFO = re.compile(r"(://)[^/\s:@]+:[^/\s@]+@")
_ANY_LITERAL = re.compile(r"""(["'`])(?:\\.|(?!\1).)*\1""")


@dataclass(slots=True)
class EngineReport:
    """What one engine said about a package, over all its batches."""

    engine: str
    version: str
    asked: int = 0
    parsed: set[str] = field(default_factory=set)
    unparseable: dict[str, str] = field(default_factory=dict)
    """Path to what is wrong with it."""
    gaps: list[str] = field(default_factory=list)
    """Plain sentences, each naming something the engine did not answer."""
    findings: list[Finding] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    evidence: dict[str, object] = field(default_factory=dict)
    cpu_seconds: float = 0.0


def batches(files: Sequence[SourceFile], *, size: int) -> list[list[SourceFile]]:
    """Split files into at most one batch a processor, each of about `size` bytes or more, evenly by size."""
    total = sum(file.size + A_FILE for file in files)
    count = max(1, min(os.cpu_count() or 1, total // size, len(files)))
    piles: list[list[SourceFile]] = [[] for _ in range(count)]
    weights = [0] * count
    for file in sorted(files, key=lambda file: file.size, reverse=True):
        lightest = weights.index(min(weights))
        piles[lightest].append(file)
        weights[lightest] += file.size + A_FILE
    return piles


def over_batches(report: EngineReport, work: Callable[[list[SourceFile]], None], piles: list[list[SourceFile]]) -> None:
    """Run the batches at the same time. A missing sandbox becomes a gap; any other exception is the caller's."""
    try:
        if len(piles) == 1:
            work(piles[0])
            return
        with ThreadPoolExecutor(len(piles)) as pool:
            list(pool.map(work, piles))
    except SandboxUnavailable as problem:
        report.gaps.append(f"{report.engine} could not run: {problem}")


def redact(snippet: str) -> str:
    """Keep credentials out of evidence: long random-looking literals and passwords in addresses lose their middle."""
    return _USERINFO.sub(r"\1…@", _LITERAL.sub(_shorten, snippet))


def without_literals(snippet: str) -> str:
    """A snippet whose string literals are emptied, for rules whose finding is the literal."""
    return _ANY_LITERAL.sub(r"\1…\1", snippet)


def _shorten(match: re.Match[str]) -> str:
    body = match["body"]
    if not (re.search(r"\d", body) and re.search(r"[A-Za-z]", body)) or _wordlike(body):
        return match[0]
    return f"{match['quote']}…{body[-4:]}{match['quote']}"


def _wordlike(body: str) -> bool:
    """Paths, module names and sentences in kebab case consist of short runs of letters; tokens do not."""
    parts = re.split(r"[/_.\-]", body)
    return len(parts) > 2 and max(map(len, parts)) < 16  # noqa: PLR2004 - three parts make a path


def named(paths: Iterable[str], limit: int = 3) -> str:
    """`a, b, c and 4 more`, for sentences that name files."""
    known = sorted(paths)
    more = len(known) - limit
    return ", ".join(known[:limit]) + (f" and {more} more" if more > 0 else "")


def whole(value: Any, kind: type[Any]) -> Any:
    """`value` if it is a `kind`; raises ValueError otherwise: what comes out of the sandbox is not trusted."""
    if not isinstance(value, kind):
        raise ValueError(f"expected {kind.__name__}, got {type(value).__name__}")  # noqa: TRY004 - one class to catch
    return value
