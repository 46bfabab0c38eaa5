"""The tables of `docs/policy.md`, made from the data they show: `python -m governance.policies.tables` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.policies.baseline import baseline
from governance.policies.catalogue import CHECK_FACTS, FACTS
from governance.vocabulary import Tier

if TYPE_CHECKING:
    from governance.policies.catalogue import Fact
    from governance.policies.rules import CriterionRule, PolicyRules


def criteria_table(rules: PolicyRules) -> str:
    """One line for each criterion."""
    head = [
        "| code | title | asked | blocks | tiers | days | from |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *map(_criterion_line, rules.criteria)])


def facts_table() -> str:
    """One line for each fact an expression may speak of."""
    head = ["| fact | type | meaning | absent when |", "|---|---|---|---|"]
    check_lines = (_fact_line(fact, "checks.<code>.") for fact in CHECK_FACTS)
    return "\n".join([*head, *map(_fact_line, FACTS), *check_lines])


def _criterion_line(rule: CriterionRule) -> str:
    source = f"{rule.kind}: {rule.check}" if rule.check else rule.kind
    tiers = "all" if rule.tiers == frozenset(Tier) else ", ".join(tier.value for tier in Tier if tier in rule.tiers)
    mapping = "; ".join(f"{entry.framework} {entry.reference}" for entry in rule.mapping)
    cells = (rule.code, rule.title, source, "yes" if rule.blocking else "no", tiers, str(rule.deadline_days), mapping)
    return f"| {' | '.join(cells)} |"


def _fact_line(fact: Fact, prefix: str = "") -> str:
    kinds = {bool: "truth", int: "whole number", float: "decimal number", str: "text", list: "list", dict: "map"}
    return f"| `{prefix}{fact.name}` | {kinds[type(fact.example)]} | {fact.text} | {fact.absent or 'never'} |"


if __name__ == "__main__":
    print(criteria_table(baseline()), facts_table(), sep="\n\n")  # noqa: T201 - a tool for writing the docs
