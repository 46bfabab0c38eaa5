"""Facts: absent where not known, ready for JSON."""

import json

import pytest

from governance.policies import baseline
from governance.vocabulary import CheckStatus, Severity
from plugins.package import Dependency
from tests.plugins import cases


def facts_of(package=None, results=None, **more):
    return cases.vetted(package or cases.package(), results or cases.clean_results(), baseline().risk, **more)[1]


def test_facts_are_json():
    facts = facts_of()

    assert json.loads(json.dumps(facts)) == facts
    assert facts["declaration"]["support_days_left"] == 769
    assert facts["feed"] == {"names": ["OSV npm"], "records": 21000, "age_days": 2, "demo": False}


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
