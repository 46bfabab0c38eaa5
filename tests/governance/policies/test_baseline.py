"""The baseline policy: it covers what a board asks, lets a clean plugin through and stops a bad one."""

from dataclasses import replace
from pathlib import Path

import pytest

from governance.policies import Outcome, baseline, blockers, evaluate, read_policy
from governance.policies.baseline import BASELINE_PATH
from governance.policies.catalogue import CHECK_FACTS, FACTS
from governance.policies.tables import criteria_table, facts_table
from governance.vocabulary import CheckStatus, Severity, Tier
from tests.plugins import cases

DOCS = Path(__file__).parents[3] / "docs" / "policy.md"
PLUGINS = Path(__file__).parents[3] / "plugins"


def judge(package, results, **more):
    rules = baseline()
    files = cases.result("files", CheckStatus.NOT_APPLICABLE)
    risk, facts = cases.vetted(package, (*results, files), rules.risk, **more)
    outcomes = evaluate(rules, facts)
    return risk, {item.code: item for item in outcomes}, {item.code for item in blockers(rules, outcomes)}


def test_clean_plugin_meets_every_criterion_but_those_a_reviewer_answers():
    risk, outcomes, blocked = judge(cases.package(), cases.clean_results())

    assert blocked == set()
    assert risk.tier is Tier.LOW
    manual = {rule.code for rule in baseline().criteria if rule.kind == "manual"}
    open_ones = {code for code, item in outcomes.items() if item.outcome not in {Outcome.MET, Outcome.NOT_APPLICABLE}}
    assert open_ones <= manual


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (cases.result("static", findings=[cases.finding()], observations=cases.OBSERVED), "CODE-01"),
        (cases.result("secrets", findings=[cases.finding("secrets", "token")]), "SEC-01"),
        (cases.result("malware", findings=[cases.finding("malware", "stealer")]), "MAL-01"),
        (cases.result("archive", findings=[cases.finding("archive", "polyglot")]), "ARC-01"),
        (cases.result("dependencies", findings=[cases.finding("dependencies", "vulnerable-dependency")]), "VUL-01"),
        (
            cases.result(
                "dependencies", findings=[cases.finding("dependencies", "malicious-dependency", Severity.LOW)]
            ),
            "VUL-03",
        ),
        (cases.result("static", observations=[*cases.OBSERVED, cases.seen("host", "evil.example")]), "COM-01"),
        (cases.result("static", observations=[*cases.OBSERVED, cases.seen("capability", "env.read")]), "PERM-01"),
        (cases.result("static", CheckStatus.INCONCLUSIVE), "CODE-01"),
        (cases.result("secrets", CheckStatus.ERRORED), "SEC-01"),
        (cases.result("malware", examined=0), "MAL-01"),
    ],
)
def test_bad_plugin_is_blocked_by_the_criterion_that_names_it(new, code):
    _risk, _outcomes, blocked = judge(cases.package(), cases.with_result(cases.clean_results(), new))

    assert code in blocked


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"declaration": None}, "META-01"),
        ({"declaration": None}, "PERM-01"),
        ({"install_hooks": (cases.HOOK,)}, "MAL-02"),
        ({"declaration": cases.declaration(support_until="2026-12-01")}, "SUP-01"),
        ({"declaration": cases.declaration(support_until="soon")}, "SUP-01"),
        ({"declaration": cases.declaration(failure_mode="")}, "FAIL-01"),
        ({"declaration": cases.declaration(data_flows=())}, "DATA-01"),
        ({"metadata": replace(cases.package().metadata, license="")}, "META-03"),
    ],
)
def test_plugin_nobody_answers_for_is_blocked(changes, code):
    _risk, _outcomes, blocked = judge(cases.package(**changes), cases.clean_results())

    assert code in blocked


def test_missing_feed_and_demo_feed_are_criteria_of_their_own():
    results = cases.clean_results()
    demo = replace(cases.FEED, demo=True, age_days=40.0)

    assert judge(cases.package(), results, feed=None)[1]["VUL-04"].outcome is Outcome.UNANSWERED
    outcomes = judge(cases.package(), results, feed=demo)[1]
    assert (outcomes["VUL-04"].outcome, outcomes["VUL-05"].outcome) == (Outcome.NOT_MET, Outcome.NOT_MET)


def test_every_criterion_can_be_explained_and_mapped():
    for rule in baseline().criteria:
        assert min(len(rule.statement), len(rule.reason), len(rule.remediation)) > 20, rule.code
        assert rule.mapping, rule.code
        assert rule.kind != "manual" or not rule.blocking, rule.code


def test_every_framework_is_mapped_and_every_check_has_a_criterion():
    frameworks = {entry.framework for rule in baseline().criteria for entry in rule.mapping}

    assert len(frameworks) == 6
    assert {rule.check for rule in baseline().criteria} >= set(baseline().checks)


def named_rules():
    rules = [*baseline().risk.opaque_rules, *(rule for item in baseline().criteria for rule in item.rules)]
    return sorted({rule.removeprefix("bandit-").strip("*") for rule in rules})


@pytest.mark.parametrize("rule", named_rules())
def test_rule_the_policy_names_is_one_that_a_check_reports(rule):
    sources = [*PLUGINS.rglob("*.py"), *PLUGINS.rglob("checks/rules/*.yaml")]

    assert any(rule in path.read_text(encoding="utf-8") for path in sources if path.name != "risk.py")


def test_facts_are_exactly_those_of_the_catalogue():
    package = cases.package(install_hooks=(cases.HOOK,))
    _risk, facts = cases.vetted(package, cases.clean_results(), baseline().risk)
    names = {
        f"{root}.{leaf}"
        for root, value in facts.items()
        if isinstance(value, dict) and root not in {"checks", "partial_findings"}
        for leaf in value
    } | {root for root, value in facts.items() if not isinstance(value, dict)}

    assert names == {fact.name for fact in FACTS}
    assert set(facts["checks"]["static"]) == {fact.name for fact in CHECK_FACTS}


def test_facts_have_the_types_of_the_catalogue():
    _risk, facts = cases.vetted(cases.package(), cases.clean_results(), baseline().risk)
    for fact in FACTS:
        root, _, leaf = fact.name.partition(".")
        value = facts[root][leaf] if leaf else facts[root]
        assert type(value) is type(fact.example), fact.name


def test_documentation_shows_the_criteria_and_facts_as_they_are():
    text = DOCS.read_text(encoding="utf-8")

    assert criteria_table(baseline()) in text
    assert facts_table() in text


def test_the_baseline_passes_the_validation_it_is_loaded_without():
    assert read_policy(BASELINE_PATH.read_text(encoding="utf-8")) == baseline()
