"""Evaluate the criteria of a policy on the facts of one package version. Pure: same rules and facts, same outcomes.

Fail closed: what is not known is *unanswered*. A check without a result, a fact that is absent and an expression that
fails never make a criterion met. What a check without a result did find still counts against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from governance.policies.expressions import ExpressionError, activation, compile_expression
from governance.policies.expressions import warm as warm_expressions
from governance.vocabulary import CheckStatus, Severity, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from governance.policies.rules import CriterionRule, PolicyRules

NO_DECLARATION = "There is no declaration: no plugin-governance.json was handed in."
MAX_EVIDENCE = 20
"""Places kept for one criterion; the explanation gives the full number."""

_ANSWERED = frozenset({CheckStatus.PASSED, CheckStatus.FAILED})


class Outcome(StrEnum):
    """What a criterion came to."""

    MET = "met"
    NOT_MET = "not_met"
    UNANSWERED = "unanswered"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class EvidenceRef:
    """A place that speaks against a criterion; `fingerprint` names the finding, where it is one."""

    path: str
    line: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class CriterionOutcome:
    """The outcome of one criterion, with one or two sentences that say why. Text in it may come from strangers."""

    code: str
    outcome: Outcome
    explanation: str
    evidence: tuple[EvidenceRef, ...] = ()


def evaluate(rules: PolicyRules, facts: Mapping[str, object]) -> tuple[CriterionOutcome, ...]:
    """Evaluate every criterion, in the policy's order, on facts as `plugins.facts.build_facts` makes them."""
    checks = facts.get("checks")
    if not isinstance(checks, dict) or rules.checks.keys() - checks.keys():
        # A check that never ran leaves no trace among the findings, so no statement about all of them can be made.
        facts = {name: value for name, value in facts.items() if name != "findings"}
    values = activation(facts, (text for rule in rules.criteria for text in rule.expressions))
    return tuple(_evaluate(rule, facts, values) for rule in rules.criteria)


def warm(rules: PolicyRules) -> None:
    """Load the expression engine and compile the policy, say in a thread while checks run; never raises."""
    warm_expressions(text for rule in rules.criteria for text in rule.expressions)


def blockers(rules: PolicyRules, outcomes: Iterable[CriterionOutcome]) -> tuple[CriterionOutcome, ...]:
    """The outcomes that stand in the way of a certificate: blocking criteria that are not met or unanswered.

    The check switches have a say: what is not met blocks only where its check is enforced, what is unanswered only
    where its check is required. Criteria without a check always have theirs.
    """
    return tuple(outcome for outcome in outcomes if _blocks(rules, outcome))


def _blocks(rules: PolicyRules, outcome: CriterionOutcome) -> bool:
    rule = rules.criterion(outcome.code)
    switch = rules.checks.get(rule.check)
    if not rule.blocking:
        return False
    if outcome.outcome is Outcome.NOT_MET:
        return switch is None or switch.enforced
    return outcome.outcome is Outcome.UNANSWERED and (switch is None or switch.required)


def _evaluate(rule: CriterionRule, facts: Mapping[str, object], values: Mapping[str, Any]) -> CriterionOutcome:
    if aside := _set_aside(rule, facts, values):
        return aside
    match rule.kind:
        case "check":
            return _by_check(rule, facts)
        case "expression":
            return _by_expression(rule, facts, values)
        case "attestation":
            return _by_attestation(rule, facts, values)
        case "manual":
            return _outcome(rule, Outcome.UNANSWERED, "A reviewer has to answer this criterion.")


def _set_aside(rule: CriterionRule, facts: Mapping[str, object], values: Mapping[str, Any]) -> CriterionOutcome | None:
    """The outcome of a criterion that is not asked, or of which that is not known; None where it is asked."""
    tier = _tier(facts)
    if tier is not None and tier not in rule.tiers:
        return _outcome(rule, Outcome.NOT_APPLICABLE, f"This criterion is not asked of plugins in tier {tier.value}.")
    if not rule.applies_when:
        return None
    try:
        if compile_expression(rule.applies_when).truth(values):
            return None
    except ExpressionError as error:
        if not _declared(facts):
            return _outcome(rule, Outcome.UNANSWERED, NO_DECLARATION)
        return _outcome(rule, Outcome.UNANSWERED, f"Whether this criterion applies is not known. {error}")
    return _outcome(rule, Outcome.NOT_APPLICABLE, "This criterion does not apply to this plugin.")


def _by_check(rule: CriterionRule, facts: Mapping[str, object]) -> CriterionOutcome:
    check = _check(facts, rule.check)
    gap = _gap(rule.check, check)
    against = [finding for finding in _findings(facts, rule.check, check) if _counts(rule, finding)]
    if against:
        return _not_met(rule, against, gap)
    if gap:
        return _outcome(rule, Outcome.UNANSWERED, gap)
    if check.get("status") == CheckStatus.NOT_APPLICABLE:
        return _outcome(rule, Outcome.NOT_APPLICABLE, f"The check {rule.check} had nothing to look at.")
    return _outcome(
        rule, Outcome.MET, f"The check {rule.check} looked at {check['examined']} and found nothing against it."
    )


def _by_expression(rule: CriterionRule, facts: Mapping[str, object], values: Mapping[str, Any]) -> CriterionOutcome:
    if rule.check:
        check = _check(facts, rule.check)
        if gap := _gap(rule.check, check):
            return _outcome(rule, Outcome.UNANSWERED, gap)
        if check.get("status") == CheckStatus.NOT_APPLICABLE:
            return _outcome(rule, Outcome.NOT_APPLICABLE, f"The check {rule.check} had nothing to look at.")
    try:
        if compile_expression(rule.expression).truth(values):
            return _outcome(rule, Outcome.MET, "The facts of this version meet it.")
        places = compile_expression(rule.evidence).places(values) if rule.evidence else []
    except ExpressionError as error:
        return _outcome(rule, Outcome.UNANSWERED, str(error))
    return _not_met(rule, places, "")


def _by_attestation(rule: CriterionRule, facts: Mapping[str, object], values: Mapping[str, Any]) -> CriterionOutcome:
    if not _declared(facts):
        return _outcome(rule, Outcome.UNANSWERED, NO_DECLARATION)
    try:
        if compile_expression(rule.expression).truth(values):
            return _outcome(rule, Outcome.MET, "The owner states it in the declaration.")
        missing = ""
    except ExpressionError as error:
        missing = f" {error}"
    return _outcome(rule, Outcome.UNANSWERED, f"The declaration does not state this.{missing}")


def _declared(facts: Mapping[str, object]) -> bool:
    declaration = facts.get("declaration")
    return isinstance(declaration, dict) and declaration.get("present") is not False


def _tier(facts: Mapping[str, object]) -> Tier | None:
    """The version's tier, or None where it is not known: then every criterion is asked."""
    risk = facts.get("risk")
    name = risk.get("tier") if isinstance(risk, dict) else None
    return Tier(name) if name in set(Tier) else None


def _check(facts: Mapping[str, object], code: str) -> Mapping[str, Any]:
    checks = facts.get("checks")
    check = checks.get(code) if isinstance(checks, dict) else None
    return check if isinstance(check, dict) else {}


def _gap(code: str, check: Mapping[str, Any]) -> str:
    """Why the check gives no answer; empty where it does."""
    status = check.get("status")
    if not check:
        return f"The check {code} did not run."
    if status == CheckStatus.NOT_APPLICABLE:
        return ""
    if status not in _ANSWERED:
        return f"The check {code} gave no result: {check.get('reason') or 'no reason given.'}"
    return "" if check.get("examined") else f"The check {code} looked at nothing."


def _findings(facts: Mapping[str, object], code: str, check: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    partial = facts.get("partial_findings")
    found = check.get("findings") or (partial.get(code) if isinstance(partial, dict) else None) or ()
    return tuple(found)


def _counts(rule: CriterionRule, finding: Mapping[str, Any]) -> bool:
    """Whether a finding speaks against the criterion: one of its rules, and worse than it tolerates."""
    named = not rule.rules or any(fnmatchcase(str(finding["rule"]), pattern) for pattern in rule.rules)
    ceiling = rule.severity_ceiling
    return named and (ceiling is None or Severity(finding["severity"]).rank > ceiling.rank)


def _not_met(rule: CriterionRule, places: Sequence[Mapping[str, Any]], gap: str) -> CriterionOutcome:
    refs = tuple(
        EvidenceRef(str(place.get("path", "")), int(place.get("line") or 0), str(place.get("fingerprint", "")))
        for place in places[:MAX_EVIDENCE]
    )
    number = f"{len(places)} {'place speaks' if len(places) == 1 else 'places speak'} against it." if places else ""
    return _outcome(
        rule,
        Outcome.NOT_MET,
        " ".join(filter(None, (number or "The facts of this version do not meet it.", gap))),
        refs,
    )


def _outcome(
    rule: CriterionRule, outcome: Outcome, explanation: str, evidence: tuple[EvidenceRef, ...] = ()
) -> CriterionOutcome:
    return CriterionOutcome(rule.code, outcome, explanation, evidence)
