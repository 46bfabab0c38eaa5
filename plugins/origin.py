"""What the provenance check concluded, out of the evidence it keeps. Pure; trusts the status, not the words alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.vocabulary import CheckStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugins.checks.base import CheckResult

_CONCLUDED = frozenset({CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.INCONCLUSIVE})
"""Inconclusive is also a verified package whose source archive could not be read."""


def verified_statement(check: CheckResult | None) -> dict[str, Any] | None:
    """The statement that proves the origin; None where none does."""
    if check is None or check.code != "provenance" or check.status not in _CONCLUDED:
        return None
    statements = check.evidence.get("statements")
    if not isinstance(statements, list | tuple):
        return None
    return next((one for one in statements if isinstance(one, dict) and one.get("verified") is True), None)


def origin_document(results: Iterable[CheckResult]) -> dict[str, Any] | None:
    """What is known of the origin, JSON-ready; None where the check did not run or broke."""
    check = next((result for result in results if result.code == "provenance"), None)
    if check is None or "statements" not in check.evidence:
        return None
    return {
        "verified": verified_statement(check) is not None,
        "reason": check.reason,
        "trust_root": check.evidence.get("trust_root", ""),
        "trust_problem": check.evidence.get("trust_problem", ""),
        "statements": check.evidence["statements"],
        "source": check.evidence.get("source"),
    }


def is_proven(results: Iterable[CheckResult]) -> bool:
    """Whether the origin of a version is proven."""
    return any(verified_statement(result) is not None for result in results)


def source_counts(check: CheckResult | None) -> dict[str, int] | None:
    """Files by how they stand to the source; None where there was no comparison."""
    source = check.evidence.get("source") if check is not None else None
    counts = source.get("counts") if isinstance(source, dict) else None
    return dict(counts) if isinstance(counts, dict) else None
