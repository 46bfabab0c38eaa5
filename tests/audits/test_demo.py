"""What goes on around the demo's vettings happens once, whoever interrupts it."""

import pytest

from audits.demo import people, upkeep
from plugins.models import DetectionRule, Hunt, IssueNote, Waiver
from tests.factories import FindingFactory, IssueFactory, VettingRunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(policy):
    people.everybody()
    run = VettingRunFactory()
    for check in ("static", "static", "dependencies", "dependencies"):
        issue = IssueFactory(first_run=run, check_code=check)
        FindingFactory(run=run, check_code=check, issue=issue, severity="high")
    return run.version


def test_rules_a_hunt_triage_and_waivers_are_there_once(version):
    for _ in range(2):
        upkeep.rules()
        upkeep.hunt()
        upkeep.triage(version)
        upkeep.waivers(version)

    assert dict(DetectionRule.objects.values_list("code", "state")) == {
        "demo-adverts": "monitor",
        "demo-taken-over": "enforced",
    }
    assert [(hunt.state, hunt.total) for hunt in Hunt.objects.all()] == [("done", 1)]
    assert sorted(IssueNote.objects.values_list("triage", flat=True)) == ["confirmed", "needs_owner"]
    assert sorted(Waiver.objects.values_list("state", flat=True)) == ["active", "proposed"]
