"""Write the signed result of one check: an in-toto Statement v1 with a predicate of our own.

in-toto's `test-result` knows passed, warned and failed only, and `vulns` lists each vulnerability: neither can say that
a check gave no answer, nor leave the findings unpublished. So the predicate has a name of ours and says how a check
ended, by which engines and rules, how much it looked at, and how many findings of each severity there were.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from certification.verify.canonical import canonical
from certification.verify.fields import DIGEST, stamp
from certification.verify.names import CHECK_RESULT, STATEMENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules a check judged by."""

    name: str
    release: str
    digest: str
    """`sha256:` and 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """What a check's statement says. The time needs a zone and is cut to seconds."""

    artifact_name: str
    artifact_sha256: str
    verifier_id: str
    code: str
    version: str
    """The check's own version; empty where the report does not tell it."""
    engines: Mapping[str, str]
    """Engine -> version."""
    rule_set: RuleSet | None
    status: str
    examined: int
    findings: Mapping[str, int]
    """Severity -> number, of the findings that count."""
    finished: datetime
    report_sha256: str
    """Of the canonical vetting report the result is from."""
    demo: bool = field(default=False)


def build_check_statement(facts: CheckFacts) -> bytes:
    """Write the statement as canonical JSON. Raises ValueError for a digest of the wrong form."""
    if not (DIGEST.fullmatch(facts.artifact_sha256) and DIGEST.fullmatch(facts.report_sha256)):
        raise ValueError("cannot attest: a digest is not a SHA-256 in lower-case hexadecimal")
    rules = facts.rule_set
    return canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": facts.artifact_name, "digest": {"sha256": facts.artifact_sha256}}],
            "predicateType": CHECK_RESULT,
            "predicate": {
                "verifier": {"id": facts.verifier_id},
                "check": {"code": facts.code, "version": facts.version},
                "engines": dict(facts.engines),
                "ruleSet": rules and {"name": rules.name, "release": rules.release, "digest": rules.digest},
                "result": facts.status,
                "examined": facts.examined,
                "findings": dict(facts.findings),
                "finishedOn": stamp(facts.finished),
                "report": {"digest": {"sha256": facts.report_sha256}},
                "demo": facts.demo,
            },
        }
    )
