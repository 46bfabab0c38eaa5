"""Evaluating criteria: what is not known is never met."""

import pytest

from governance.policies import Outcome, PolicyRules, baseline, blockers, evaluate
from governance.policies.catalogue import example_facts

CLEAN = {"findings": [], "findings_by_severity": dict.fromkeys(("info", "low", "medium", "high", "critical"), 0)}
HIGH = {"check": "static", "rule": "js-eval", "severity": "high", "path": "a.js", "line": 3, "fingerprint": "f1"}


@pytest.fixture
def facts():
    known = example_facts(baseline().checks)
    known["checks"] = {code: check | CLEAN for code, check in known["checks"].items()}
    known["findings"] = []
    return known


def rules_with(*changes, checks=None):
    """The baseline with nothing but these criteria, each META-04 with some fields changed."""
    document = baseline().to_dict()
    model = next(rule for rule in document["criteria"] if rule["code"] == "META-04")
    model.pop("check")
    document["criteria"] = [model | {"code": f"XX-{number:02}"} | change for number, change in enumerate(changes, 1)]
    document["criteria"] = [{k: v for k, v in rule.items() if v is not None} for rule in document["criteria"]]
    document["checks"] |= checks or {}
    return PolicyRules.from_dict(document)


def of_check(**more):
    return {"kind": "check", "check": "static", "expression": None, "severity_ceiling": "medium", **more}


def outcome(rules, facts):
    (only,) = evaluate(rules, facts)
    return only


def test_check_criterion_is_met_when_the_check_found_nothing_worse(facts):
    facts["checks"]["static"]["findings"] = [HIGH | {"severity": "medium"}]

    assert outcome(rules_with(of_check()), facts).outcome is Outcome.MET


def test_check_criterion_is_not_met_and_names_the_places(facts):
    facts["checks"]["static"]["findings"] = [HIGH]

    found = outcome(rules_with(of_check()), facts)

    assert found.outcome is Outcome.NOT_MET
    assert [(ref.path, ref.line, ref.fingerprint) for ref in found.evidence] == [("a.js", 3, "f1")]


def test_check_criterion_looks_at_its_own_rules_only(facts):
    facts["checks"]["static"]["findings"] = [HIGH]

    found = evaluate(rules_with(of_check(rules=["py-*"]), of_check(rules=["js-*"])), facts)

    assert [item.outcome for item in found] == [Outcome.MET, Outcome.NOT_MET]


def test_check_criterion_without_a_ceiling_tolerates_no_finding(facts):
    facts["checks"]["static"]["findings"] = [HIGH | {"severity": "info"}]

    assert outcome(rules_with(of_check(severity_ceiling=None)), facts).outcome is Outcome.NOT_MET


@pytest.mark.parametrize("status", ["inconclusive", "errored", "something new"])
def test_check_without_a_result_leaves_its_criterion_unanswered(facts, status):
    facts["checks"]["static"] = {"status": status, "reason": "The engine is missing."}

    found = evaluate(rules_with(of_check(), {"check": "static", "expression": "true"}), facts)

    assert [item.outcome for item in found] == [Outcome.UNANSWERED, Outcome.UNANSWERED]
    assert all("The engine is missing." in item.explanation for item in found)


def test_check_that_never_ran_leaves_its_criterion_unanswered(facts):
    del facts["checks"]["static"]

    found = outcome(rules_with(of_check()), facts)

    assert (found.outcome, found.explanation) == (Outcome.UNANSWERED, "The check static did not run.")


def test_check_that_passed_on_nothing_leaves_its_criterion_unanswered(facts):
    facts["checks"]["static"]["examined"] = 0

    assert outcome(rules_with(of_check()), facts).outcome is Outcome.UNANSWERED


def test_check_that_gave_up_still_counts_what_it_found(facts):
    facts["checks"]["static"] = {"status": "inconclusive", "reason": "One file could not be read."}
    facts["partial_findings"] = {"static": [HIGH]}

    found = outcome(rules_with(of_check()), facts)

    assert found.outcome is Outcome.NOT_MET
    assert "One file could not be read." in found.explanation


def test_check_with_nothing_to_look_at_makes_its_criterion_not_applicable(facts):
    facts["checks"]["static"] = {"status": "not_applicable", "reason": "No code."}

    assert outcome(rules_with(of_check()), facts).outcome is Outcome.NOT_APPLICABLE


def test_expression_on_an_unknown_fact_is_unanswered_and_names_it(facts):
    del facts["feed"]

    found = outcome(rules_with({"expression": "feed.age_days <= 7"}), facts)

    assert (found.outcome, found.explanation) == (Outcome.UNANSWERED, "The fact 'feed' is not known.")


def test_expression_that_fails_is_unanswered_and_shows_no_facts(facts):
    facts["package"]["license"] = 7

    found = outcome(rules_with({"expression": "package.license.startsWith('M')"}), facts)

    assert found.outcome is Outcome.UNANSWERED
    assert "n8n-nodes-acme" not in found.explanation


def test_expression_about_all_findings_is_unanswered_when_a_check_never_ran(facts):
    rules = rules_with({"expression": "findings.all(f, f.severity != 'critical')"})
    assert outcome(rules, facts).outcome is Outcome.MET

    del facts["checks"]["secrets"]

    assert outcome(rules, facts).outcome is Outcome.UNANSWERED


def test_expression_that_is_false_shows_its_evidence(facts):
    rules = rules_with({"expression": "size(package.install_hooks) == 0", "evidence": "package.install_hooks"})

    found = outcome(rules, facts)

    assert found.outcome is Outcome.NOT_MET
    assert [(ref.path, ref.line) for ref in found.evidence] == [("package.json", 12)]


def test_applies_when_false_is_not_applicable_and_unknown_is_unanswered(facts):
    rules = rules_with({"applies_when": "feed.demo"})
    assert outcome(rules, facts).outcome is Outcome.NOT_APPLICABLE

    del facts["feed"]

    assert outcome(rules, facts).outcome is Outcome.UNANSWERED


def test_criterion_is_asked_of_its_tiers_and_of_an_unknown_one(facts):
    rules = rules_with({"tiers": ["critical"]})
    assert outcome(rules, facts).outcome is Outcome.NOT_APPLICABLE

    facts["risk"]["tier"] = "unheard of"

    assert outcome(rules, facts).outcome is Outcome.MET


def test_attestation_is_met_or_unanswered_but_never_not_met(facts):
    rules = rules_with({"kind": "attestation", "expression": "declaration.update_cadence != ''"})
    assert outcome(rules, facts).outcome is Outcome.MET

    facts["declaration"]["update_cadence"] = ""
    assert outcome(rules, facts).outcome is Outcome.UNANSWERED

    facts["declaration"] = {"present": False}
    assert outcome(rules, facts).outcome is Outcome.UNANSWERED


def test_manual_criterion_waits_for_a_reviewer(facts):
    rules = rules_with({"kind": "manual", "expression": None})

    assert outcome(rules, facts).outcome is Outcome.UNANSWERED


@pytest.mark.parametrize(
    ("switch", "status", "blocked"),
    [
        ({"enforced": True, "required": True}, "failed", True),
        ({"enforced": False, "required": True}, "failed", False),
        ({"enforced": True, "required": True}, "errored", True),
        ({"enforced": True, "required": False}, "errored", False),
    ],
)
def test_blockers_listen_to_the_switches_of_the_check(facts, switch, status, blocked):
    rules = rules_with(of_check(blocking=True), checks={"static": switch})
    facts["checks"]["static"] = {"status": status, "reason": "Down."}
    if status == "failed":
        facts["checks"]["static"] |= {"examined": 6, "findings": [HIGH]}

    assert bool(blockers(rules, evaluate(rules, facts))) is blocked


def test_blockers_are_blocking_criteria_that_are_not_met_or_unanswered(facts):
    del facts["feed"]
    rules = rules_with(
        {"expression": "false", "blocking": True},
        {"expression": "false", "blocking": False},
        {"expression": "feed.demo", "blocking": True},
        {"expression": "true", "blocking": True},
    )

    assert [item.code for item in blockers(rules, evaluate(rules, facts))] == ["XX-01", "XX-03"]


def test_hostile_text_in_a_regular_expression_takes_linear_time(facts):
    facts["package"]["description"] = "a" * 50_000 + "!"

    found = outcome(rules_with({"expression": "package.description.matches('^(a+)+$')"}), facts)

    assert found.outcome is Outcome.NOT_MET
