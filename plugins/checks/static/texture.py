"""What the engine measured of a file's text, as findings."""

from __future__ import annotations

from governance.vocabulary import Severity
from plugins.checks.base import Finding
from plugins.checks.static.report import CODE

_MARKS: dict[str, tuple[Severity, str, str, str]] = {
    "minified": (
        Severity.INFO,
        "The file is minified",
        "Ship readable code, or point to the source it was made from; the file was scanned all the same.",
        "",
    ),
    "obfuscated": (
        Severity.HIGH,
        "The code is obfuscated",
        "Ship readable code: nobody can review what was made unreadable.",
        "CWE-506",
    ),
    "escaped-text": (
        Severity.MEDIUM,
        "Plain text is written as escapes",
        "Write the text as it is: escaped text hides what the code names.",
        "CWE-506",
    ),
    "bidi-control": (
        Severity.HIGH,
        "Invisible characters change the order in which the code is shown",
        "Remove the bidirectional control characters, or write them as escapes.",
        "CWE-1007",
    ),
    "bidi-in-bundle": (
        Severity.LOW,
        "Minified code holds characters that change the order in which text is shown",
        "Write the bidirectional control characters as escapes.",
        "CWE-1007",
    ),
    "hidden-text": (
        Severity.HIGH,
        "Text is hidden in characters nobody sees",
        "Remove the characters; no honest source needs a run of them.",
        "CWE-506",
    ),
    "invisible-character": (
        Severity.LOW,
        "The code holds invisible characters",
        "Remove them, or write them as escapes.",
        "CWE-1007",
    ),
}


def finding(mark: str, path: str, line: int, detail: str) -> Finding:
    """The finding for one mark of `plugins.checks.engines.texture`. Raises KeyError for a mark it does not know."""
    severity, title, remediation, cwe = _MARKS[mark]
    return Finding(
        check=CODE,
        rule=mark,
        severity=severity,
        title=title,
        path=path,
        line=line,
        detail=detail,
        remediation=remediation,
        cwe=cwe,
        symbol=mark,
    )
