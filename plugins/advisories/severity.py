"""One scale for the severities of advisories: words of GitHub's database, CVSS vectors of any version, or malware."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.vocabulary import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WORDS = {
    "LOW": Severity.LOW,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "HIGH": Severity.HIGH,
    "CRITICAL": Severity.CRITICAL,
}
UNSTATED = Severity.MEDIUM
"""What an advisory counts as that gives no severity; wherever it shows, "severity not given" stands with it."""
MALICIOUS_CWE = "CWE-506"
"""Embedded malicious code: how GitHub's database marks malware."""
VECTOR_LIMIT = 512


def stated_severity(record: Mapping[str, object]) -> Severity | None:
    """The severity a record states: GitHub's word if there is one, else its highest CVSS vector, else None.

    Vectors that cannot be read count as not given.
    """
    if is_malicious(record):
        return Severity.CRITICAL
    if word := WORDS.get(str(_child(record, "database_specific").get("severity", "")).upper()):
        return word
    rated = [severity for kind, vector in _vectors(record) if (severity := cvss_severity(kind, vector))]
    return max(rated, key=lambda severity: severity.rank, default=None)


def is_malicious(record: Mapping[str, object]) -> bool:
    """Whether the record is about malware: a `MAL-` id or alias, or GitHub's mark for embedded malicious code."""
    names = [record.get("id"), *_items(record, "aliases")]
    if any(isinstance(name, str) and name.startswith("MAL-") for name in names):
        return True
    return MALICIOUS_CWE in _items(_child(record, "database_specific"), "cwe_ids")


def cvss_severity(kind: str, vector: str) -> Severity | None:
    """Rate the base score of a CVSS vector by the bands of CVSS v3 and v4; None if it cannot be read.

    `kind` is OSV's type: `CVSS_V2`, `CVSS_V3` or `CVSS_V4`. CVSS v2 knows no "critical".
    """
    import cvss  # noqa: PLC0415 - start-up time: most commands rate nothing

    readers = {"CVSS_V2": cvss.CVSS2, "CVSS_V3": cvss.CVSS3, "CVSS_V4": cvss.CVSS4}
    if kind not in readers or len(vector) > VECTOR_LIMIT:
        return None
    try:
        score = float(readers[kind](vector).scores()[0])
    except (cvss.CVSSError, ValueError, KeyError, IndexError, ArithmeticError):
        return None
    rated = _band(score)
    return Severity.HIGH if kind == "CVSS_V2" and rated is Severity.CRITICAL else rated


def lowered(severity: Severity) -> Severity:
    """One step less severe."""
    return list(Severity)[max(severity.rank - 1, 0)]


def _band(score: float) -> Severity:
    bands = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
    return next((severity for floor, severity in bands if score >= floor), Severity.INFO)


def _vectors(record: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """All (type, vector) pairs of a record, of the whole and of each affected package."""
    for holder in (record, *_items(record, "affected")):
        for entry in _items(holder, "severity") if isinstance(holder, dict) else ():
            if isinstance(entry, dict) and isinstance(entry.get("score"), str):
                yield str(entry.get("type")), entry["score"]


def _child(record: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def _items(record: Mapping[str, object], key: str) -> list[object]:
    value = record.get(key)
    return value if isinstance(value, list) else []
