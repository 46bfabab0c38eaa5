"""Names of environment variables, as lines of code that read them tell. Pure: no Django, no I/O.

Only names that stand in the line itself are known; one that is put together at run time is not, and the capability
`env.read` says all the same that something is read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from governance.vocabulary import Capability

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugins.checks.base import Observation

_NAME = r"([A-Za-z_][A-Za-z0-9_]{0,199})"
_READS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:process|import\.meta|Bun)\.env\.{_NAME}",
        rf"\bprocess\.env\[\s*[\"'`]{_NAME}[\"'`]",
        rf"\benv\.get\(\s*[\"'`]{_NAME}[\"'`]",
        rf"\benviron\[\s*[\"']{_NAME}[\"']",
        rf"\benviron\.(?:get|pop|setdefault)\(\s*[\"']{_NAME}[\"']",
        rf"\bgetenvb?\(\s*[\"']{_NAME}[\"']",
        rf"\$_(?:ENV|SERVER)\[\s*[\"']{_NAME}[\"']",
        rf"\bGetEnvironmentVariable\(\s*\"{_NAME}\"",
    )
)
_UNPACKED = re.compile(r"\{([^{}]{1,300})\}\s*=\s*process\.env\b")


def names_in(line: str) -> list[str]:
    """The variables a line of code names, in the order of their first mention."""
    found = [(match.start(), match[1]) for pattern in _READS for match in pattern.finditer(line)]
    for match in _UNPACKED.finditer(line):
        names = (part.partition(":")[0].partition("=")[0].strip() for part in match[1].split(","))
        found += [(match.start(), name) for name in names if re.fullmatch(_NAME, name)]
    return list(dict.fromkeys(name for _, name in sorted(found)))


def variables(observations: Iterable[Observation]) -> dict[str, set[tuple[str, int]]]:
    """The places (path, line) of each variable that observations of `env.read` name in their snippets."""
    seen: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for entry in observations:
        if entry.kind == "capability" and entry.value == Capability.ENV_READ.value:
            for name in names_in(entry.snippet):
                seen[name].add((entry.path, entry.line))
    return dict(seen)
