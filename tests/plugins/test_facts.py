"""Facts: absent where not known, ready for JSON."""

import json
from dataclasses import replace

import pytest

from governance.policies import baseline
from governance.vocabulary import CheckStatus, Severity
from plugins.checks.base import ComponentResult, Exploitation, MatchedAdvisory
from plugins.package import Dependency
from tests.plugins import cases


def facts_of(package=None, results=None, **more):
    return cases.vetted(package or cases.package(), results or cases.clean_results(), baseline().risk, **more)[1]


def test_facts_are_json():
    facts = facts_of()

    assert json.loads(json.dumps(facts)) == facts
    assert facts["declaration"]["support_days_left"] == 769
    ages = {"age_days": 2, "known_exploited_age_days": 1, "epss_age_days": 0}
    assert facts["feed"] == {"names": ["OSV npm"], "records": 21000, "demo": False, **ages}


def test_what_is_exploited_is_a_fact_only_where_the_lists_are_imported():
    advisory = MatchedAdvisory("GHSA-1", (), Severity.HIGH, "", (), "affected", "2026-11-03", 0.4, 0.9)
    could = replace(advisory, id="GHSA-2", match="could-resolve", epss=0.9)
    part = ComponentResult("pkg:npm/left@1.0.0", "npm", "left", "1.0.0", True, "1.0.0", advisories=(advisory, could))
    tools = replace(part, purl="pkg:npm/tool@1.0.0", scope="dev")
    result = cases.result("dependencies", components=(part, tools))
    results = cases.with_result(cases.clean_results(), result)

    known = facts_of(results=results)["dependencies"]
    unknown = facts_of(results=results, feed=replace(cases.FEED, exploitation=Exploitation()))["dependencies"]
    silent = cases.with_result(results, cases.result("dependencies", CheckStatus.INCONCLUSIVE))

    assert known["known_exploited"] == [{"purl": "pkg:npm/left@1.0.0", "id": "GHSA-1", "since": "2026-11-03"}]
    assert known["epss_max"] == 0.4
    for facts in (unknown, facts_of(results=silent)["dependencies"]):
        assert "known_exploited" not in facts
        assert "epss_max" not in facts


def test_check_without_a_result_gives_no_counts_and_hides_all_findings():
    broken = cases.result("static", CheckStatus.INCONCLUSIVE, [cases.finding()])

    facts = facts_of(results=cases.with_result(cases.clean_results(), broken))

    assert facts["checks"]["static"] == {"status": "inconclusive", "reason": "Looked."}
    assert [item["rule"] for item in facts["partial_findings"]["static"]] == ["js-weak-hash"]
    assert "findings" not in facts
    assert "static" not in facts["capabilities"]
    assert "undeclared" not in facts["egress"]


def test_pass_that_looked_at_nothing_is_not_passed_on_as_one():
    facts = facts_of(results=cases.with_result(cases.clean_results(), cases.result("secrets", examined=0)))

    assert facts["checks"]["secrets"]["status"] == "inconclusive"


def test_findings_are_counted_by_severity():
    new = cases.result("static", findings=[cases.finding(severity=Severity.LOW)], observations=cases.OBSERVED)

    facts = facts_of(results=cases.with_result(cases.clean_results(), new))

    assert facts["checks"]["static"]["findings_by_severity"] == {
        "info": 0, "low": 1, "medium": 0, "high": 0, "critical": 0,
    }  # fmt: skip
    assert len(facts["findings"]) == 1


def test_only_dependencies_that_reach_the_platform_count():
    package = cases.package(
        dependencies=tuple(
            Dependency("npm", name, "^1", scope, "package.json", 1)
            for name, scope in (("a", "runtime"), ("b", "dev"), ("c", "peer"), ("d", "optional"))
        )
    )

    facts = facts_of(package)["dependencies"]

    assert (facts["total"], [item["name"] for item in facts["unpinned"]]) == (2, ["a", "d"])


@pytest.mark.parametrize("until", ["", "soon", "2026-13-01"])
def test_support_window_that_is_no_date_gives_no_days(until):
    facts = facts_of(cases.package(declaration=cases.declaration(support_until=until)))

    assert "support_days_left" not in facts["declaration"]


def test_package_without_a_declaration_states_nothing():
    assert facts_of(cases.package(declaration=None))["declaration"] == {"present": False}
