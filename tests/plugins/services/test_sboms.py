import datetime as dt
import hashlib
import json

import pytest
import time_machine
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.urls import reverse
from django.utils import timezone

from governance.models import LedgerEntry
from plugins.exports.analysis import CONFIRMED, FALSE_ALARM, UNDECIDED, together, waived
from plugins.models import FixedFinding
from plugins.services.sboms import CONTENT_TYPE, NoBill, sbom_of
from tests.factories import (
    FindingFactory,
    IssueFactory,
    IssueNoteFactory,
    PluginVersionFactory,
    UserFactory,
    VettingRunFactory,
    WaiverFactory,
)
from tests.sample_report import vetting_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return VettingRunFactory()


def test_a_version_has_the_bill_of_its_newest_report(run):
    VettingRunFactory(version=run.version, queued=True)  # under way

    name, content = sbom_of(run.version)

    assert name == f"{run.version.plugin.name}-{run.version.version}.cdx.json"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content.decode()) is None
    document = json.loads(content)
    assert document["metadata"]["timestamp"].startswith(run.finished_at.isoformat(timespec="seconds")[:19])
    assert {part["purl"] for part in document["components"]} == {
        part["purl"] for part in run.report["dependencies"] if part["purl"]
    }
    assert document["version"] == 1


def test_the_same_report_gives_the_same_bytes(run):
    assert sbom_of(run.version) == sbom_of(run.version)


def test_a_version_that_was_never_vetted_has_none():
    with pytest.raises(NoBill):
        sbom_of(PluginVersionFactory())


def test_the_admin_hands_it_out(client, run, django_assert_max_num_queries):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    page = client.get(reverse("admin:plugins_pluginversion_change", args=[run.version.pk])).content.decode()
    address = reverse("admin:plugins_pluginversion_sbom", args=[run.version.pk])

    with django_assert_max_num_queries(13):  # three to tell the ledger
        answer = client.get(address)

    assert address in page
    assert (answer["Content-Type"], answer.status_code) == (CONTENT_TYPE, 200)
    assert answer["Content-Disposition"].endswith('.cdx.json"')
    assert json.loads(answer.content)["specVersion"] == "1.6"


def test_the_admin_refuses_who_may_not_see_the_version(client, run):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(reverse("admin:plugins_pluginversion_sbom", args=[run.version.pk])).status_code == 403


def test_owners_get_that_of_their_own_versions_only(client, run):
    mine, other = UserFactory(), UserFactory()
    run.version.plugin.team.group.user_set.add(mine)
    address = reverse("portal:sbom", args=[run.version.pk])

    client.force_login(mine)
    assert json.loads(client.get(address).content)["bomFormat"] == "CycloneDX"
    assert address in client.get(reverse("portal:version", args=[run.version.pk])).content.decode()

    client.force_login(other)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("where", ["admin:plugins_pluginversion_sbom", "portal:sbom"])
def test_the_ledger_is_told_who_took_which_file(client, run, where):
    taker = UserFactory(is_superuser=True, is_staff=True)
    run.version.plugin.team.group.user_set.add(taker)
    client.force_login(taker)

    content = client.get(reverse(where, args=[run.version.pk])).content

    entry = LedgerEntry.objects.get(verb="sbom.downloaded")
    assert (entry.actor_id, entry.subject_id) == (taker.pk, str(run.version.pk))
    assert entry.details == {"sha256": hashlib.sha256(content).hexdigest()}


@pytest.mark.parametrize("where", ["admin:plugins_pluginversion_sbom", "portal:sbom"])
def test_before_the_vetting_has_ended_it_says_so(client, where):
    version = PluginVersionFactory()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))

    page = client.get(reverse(where, args=[version.pk]), follow=True).content.decode()

    assert "There is no bill of materials before the vetting has ended." in page


GONE = "9" * 64


@pytest.fixture
def vulnerable(policy):
    """A run that found a fault in a dependency, and the finding's row with its issue."""
    run = VettingRunFactory(report=found_in([fault([GONE])]))
    return FindingFactory(
        run=run, check_code="dependencies", rule="vulnerable-dependency", fingerprint=GONE,
        issue=IssueFactory(first_run=run, check_code="dependencies"),
    )  # fmt: skip


def found_in(advisories):
    report = vetting_report()
    return {**report, "dependencies": [{**report["dependencies"][0], "advisories": advisories}]}


def fault(fingerprints):
    return {
        "id": "GHSA-x", "aliases": [], "severity": "high", "summary": "A fault", "fixed": ["9.0"], "match": "affected",
        "exploited_since": None, "epss": None, "percentile": None, "findings": fingerprints,
    }  # fmt: skip


def analysis(version):
    _name, content = sbom_of(version)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content.decode()) is None
    (one,) = json.loads(content)["vulnerabilities"]
    return one


@pytest.mark.parametrize(
    ("triage", "state"),
    [
        (None, "in_triage"),
        ("needs_owner", "in_triage"),
        ("confirmed", "exploitable"),
        ("false_alarm", "false_positive"),
    ],
)
def test_a_fault_stands_as_reviewers_triaged_it(vulnerable, triage, state):
    if triage:
        IssueNoteFactory(issue=vulnerable.issue, triage="confirmed" if triage != "confirmed" else "false_alarm")
        IssueNoteFactory(issue=vulnerable.issue, triage=triage)
        IssueNoteFactory(issue=vulnerable.issue, triage="")

    assert analysis(vulnerable.run.version)["analysis"] == {"state": state}


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ("", {"state": "exploitable", "response": ["will_not_fix"]}),
        (
            "No input reaches it.",
            {
                "state": "not_affected",
                "justification": "protected_by_mitigating_control",
                "response": ["will_not_fix"],
            },
        ),
    ],
)
def test_a_waiver_says_why_a_fault_stays(vulnerable, measures, expected):
    today = timezone.localdate()
    waiver = WaiverFactory(
        issue=vulnerable.issue, reason="It is a tool.", measures=measures, starts_on=today, ends_on=today, active=True
    )

    found = analysis(vulnerable.run.version)["analysis"]
    with time_machine.travel(today + dt.timedelta(days=1)):
        later = analysis(vulnerable.run.version)["analysis"]

    detail = found.pop("detail")
    assert found == expected
    assert detail.startswith(f"{waiver}, until {today}: It is a tool.")
    assert detail.endswith(measures)
    assert later == {"state": "in_triage"}


def test_a_fault_that_went_is_resolved(vulnerable):
    run = VettingRunFactory(version=vulnerable.run.version, report=found_in([]))
    FixedFinding.objects.create(run=run, finding=vulnerable)

    found = analysis(vulnerable.run.version)

    assert found["analysis"]["state"] == "resolved"
    assert found["affects"][0]["versions"][0]["status"] == "unaffected"
    assert "recommendation" not in found


def test_places_that_differ_leave_a_fault_as_it_is_worst():
    accepted = waived(name="W-1", until="", reason="Yes.", measures="Walls.")

    assert together([accepted, accepted]) is accepted
    assert together([accepted, FALSE_ALARM]) is UNDECIDED
    assert together([FALSE_ALARM, CONFIRMED]) is CONFIRMED
