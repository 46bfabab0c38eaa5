"""Which rule set a check judged by, read back from its evidence. No Django: exports, pages and reports use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHORT = 12
"""Characters of a digest that are enough to tell two rule sets apart at a glance."""


@dataclass(frozen=True, slots=True)
class RuleSetFacts:
    """A rule set as it was in use: who made it, which release, exactly which bytes, how many rules."""

    name: str
    release: str
    digest: str
    """`sha256:` and 64 hexadecimal digits, over the names and bytes of its files and the engine's version."""
    rules: int | None
    """Rules in use; None where the engine gave no report to count them from."""

    @property
    def label(self) -> str:
        """Name, release and number of rules."""
        counted = "" if self.rules is None else ", 1 rule" if self.rules == 1 else f", {self.rules} rules"
        return f"{self.name} {self.release}{counted}"

    @property
    def short_digest(self) -> str:
        """The start of the digest."""
        return self.digest.removeprefix("sha256:")[:SHORT]

    def document(self) -> dict[str, Any]:
        """As evidence, JSON-ready."""
        return {"name": self.name, "release": self.release, "digest": self.digest, "rules": self.rules}


def rule_set_of(evidence: Any) -> RuleSetFacts | None:
    """The rule set a check's evidence names; None where it names none, or is not what we wrote.

    Runs of before check version 4 kept the same in three keys.
    """
    if not isinstance(evidence, Mapping):
        return None
    kept = evidence.get("rule_set")
    if isinstance(kept, str):
        before, _, number = kept.rpartition(" ")
        kept = {"name": before, "release": number, "digest": evidence.get("rule_set_digest")}
        kept["rules"] = evidence.get("rules")
    if not isinstance(kept, Mapping):
        return None
    name, release, digest, rules = (kept.get(key) for key in ("name", "release", "digest", "rules"))
    if not (isinstance(name, str) and isinstance(release, str) and isinstance(digest, str) and name and digest):
        return None
    return RuleSetFacts(name, release, digest, rules if type(rules) is int else None)
