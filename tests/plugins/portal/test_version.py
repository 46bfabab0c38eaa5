import datetime as dt
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.enums import DecisionOutcome, ReviewState
from governance.models import Criterion
from governance.roles import Role
from plugins.enums import Outcome, RunState, VersionState
from plugins.models import CriterionResult
from tests.factories import (
    CertificateFactory,
    CheckRunFactory,
    DecisionFactory,
    FindingFactory,
    PluginVersionFactory,
    ReviewFactory,
    UserFactory,
    VettingRunFactory,
)
from tests.sample_report import vetting_report


def page(client, version):
    response = client.get(reverse("portal:version", args=[version.pk]))
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_version_of_another_team_is_not_found(portal):
    other = PluginVersionFactory()

    pages = ("portal:version", "portal:progress", "portal:withdraw", "portal:package", "portal:declaration")
    answers = [portal.get(reverse(name, args=[other.pk])).status_code for name in pages]
    answers.append(portal.get(reverse("portal:plugin", args=[other.plugin_id])).status_code)
    answers.append(portal.post(reverse("portal:retry", args=[other.pk])).status_code)
    answers.append(portal.post(reverse("portal:withdraw", args=[other.pk])).status_code)

    assert answers == [404] * 8


def test_version_says_its_place_in_the_queue(portal, mine):
    due = dt.date(2099, 11, 26)
    ReviewFactory.create_batch(2, due_on=due - dt.timedelta(days=1))
    ReviewFactory(due_on=due + dt.timedelta(days=1))
    ReviewFactory(due_on=due - dt.timedelta(days=1), reviewer=UserFactory())
    ReviewFactory(version=mine, due_on=due)

    assert "Waiting for a reviewer: place 3 in the queue, due 26 Nov 2099." in page(portal, mine)


def test_version_says_which_rule_set_it_was_judged_by(portal, mine):
    VettingRunFactory(version=mine)
    shown = page(portal, mine)

    assert "Rules: GuardDog 3.2.0, 55 rules, " in shown
    assert f'title="sha256:{"5e" * 32}"' in shown
    assert shown.count("Rules: ") == 1


def test_version_names_who_reviews_it(portal, mine):
    ReviewFactory(
        version=mine, reviewer=UserFactory(first_name="Grace", last_name="Hopper"), due_on=dt.date(2099, 1, 2)
    )

    assert "Grace Hopper is reviewing it, due 2 Jan 2099." in page(portal, mine)


def test_version_tells_of_each_blocker_code_place_fix_deadline_and_decider(portal, mine):
    run = VettingRunFactory(version=mine, finished_at=dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC))
    criterion = Criterion.objects.get(policy=run.policy, code="SEC-01")
    Criterion.objects.filter(pk=criterion.pk).update(deadline_days=7)

    response = portal.get(reverse("portal:version", args=[mine.pk]))

    row = next(row for row in response.context["criteria"].blocking if row.code == "SEC-01")
    text = unescape(response.content.decode())
    assert row.places == ("src/acme/settings.py:12",)
    assert row.due_on == dt.date(2026, 10, 8)
    assert criterion.remediation in text
    assert "8 Oct 2026" in text
    assert "The check on your fixed version, then a reviewer" in text


def test_version_sets_no_deadline_once_it_is_withdrawn(portal, mine):
    VettingRunFactory(version=mine)
    type(mine).objects.filter(pk=mine.pk).update(state=VersionState.WITHDRAWN)

    assert "Who decides" not in page(portal, mine)


def test_version_leaves_manual_criteria_to_the_reviewers(portal, mine):
    run = VettingRunFactory(version=mine)
    manual = CriterionResult.objects.get(run=run, criterion__kind="manual")

    criteria = portal.get(reverse("portal:version", args=[mine.pk])).context["criteria"]

    assert manual.outcome == Outcome.UNANSWERED
    assert manual.criterion.code not in {row.code for row in criteria.blocking + criteria.asked}
    assert criteria.reviewers == 1


def test_version_escapes_what_the_package_says(portal, mine):
    VettingRunFactory(version=mine)

    raw = portal.get(reverse("portal:version", args=[mine.pk])).content.decode()

    assert "Weak hash: &lt;script&gt;" in raw
    assert "<script>alert" not in raw
    assert "</code><script>" not in raw


def test_version_shows_what_is_used_but_not_declared(portal, mine):
    VettingRunFactory(version=mine)

    text = page(portal, mine)

    assert "telemetry.other.example" in text
    assert "Not declared" in text
    assert "src/acme/connector.py:77" in text


def test_version_shows_a_decision_with_reason_and_criteria(portal, mine):
    mine.__class__.objects.filter(pk=mine.pk).update(state=VersionState.CHANGES_REQUESTED)
    run = VettingRunFactory(version=mine)
    criterion = run.policy.criteria.first()
    DecisionFactory(
        review=ReviewFactory(version=mine, run=run, state=ReviewState.DECIDED),
        outcome=DecisionOutcome.REQUEST_CHANGES,
        reason="The token has to go.",
        criteria=[criterion],
    )

    text = page(portal, mine)

    assert "The token has to go." in text
    assert f"<strong>{criterion.code}</strong> {criterion.title}" in text
    assert "Submit a fixed version: it keeps its place in the queue." in text


def test_version_says_errored_and_offers_a_retry(portal, mine):
    mine.__class__.objects.filter(pk=mine.pk).update(state=VersionState.VETTING)
    VettingRunFactory(
        version=mine, state=RunState.ERRORED, report=None, score=None, tier="", reason="OSError: disk full"
    )

    text = page(portal, mine)

    assert "That is our fault and says nothing about your plugin." in text
    assert "OSError: disk full" in text
    assert reverse("portal:retry", args=[mine.pk]) in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("active", "Certified until"),
        ("suspended", "Its certificate is suspended."),
        ("revoked", "Its certificate was revoked."),
    ],
)
def test_version_tells_what_its_certificate_is_worth(portal, mine, state, words):
    mine.__class__.objects.filter(pk=mine.pk).update(state=VersionState.APPROVED)
    certificate = CertificateFactory(version=mine, state=state, state_reason="Because of the token.")

    text = page(portal, mine)

    assert words in text
    assert ("python -m certification.verify" in text) == (state == "active")
    assert ("Because of the token." in text) == (state != "active")
    assert certificate.serial in text


def test_version_takes_a_certificate_past_its_time_for_expired(portal, mine):
    mine.__class__.objects.filter(pk=mine.pk).update(state=VersionState.APPROVED)
    end = timezone.now() - dt.timedelta(days=1)
    CertificateFactory(version=mine, not_before=end - dt.timedelta(days=9), not_after=end)

    text = page(portal, mine)

    assert "Its certificate ran out on" in text
    assert "Download the certificate" not in text


def test_version_gives_no_buttons_to_who_only_sees_it(client, mine):
    client.force_login(UserFactory(role=Role.AUDITOR))

    text = page(client, mine)

    assert reverse("portal:withdraw", args=[mine.pk]) not in text
    assert client.post(reverse("portal:withdraw", args=[mine.pk])).status_code == 403
    assert client.post(reverse("portal:retry", args=[mine.pk])).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_version_query_count_is_flat(portal, mine, count, django_assert_num_queries):
    run = VettingRunFactory(version=mine)
    FindingFactory.create_batch(count, run=run)
    for _number in range(count):
        review = ReviewFactory(version=mine, run=run, state=ReviewState.DECIDED)
        DecisionFactory(review=review, criteria=list(run.policy.criteria.all()))

    with django_assert_num_queries(20):
        portal.get(reverse("portal:version", args=[mine.pk]))


@pytest.mark.parametrize("count", [1, 3])
def test_plugin_query_count_is_flat(portal, mine, count, django_assert_num_queries):
    for version in (mine, *PluginVersionFactory.create_batch(count, plugin=mine.plugin)):
        CertificateFactory(version=version)

    with django_assert_num_queries(14):
        response = portal.get(reverse("portal:plugin", args=[mine.plugin_id]))

    assert len(response.context["rows"]) == count + 1
    assert len(response.context["certificates"]) == count + 1


def test_version_in_the_queue_asks_for_a_fix_where_something_blocks_it(portal, mine):
    ReviewFactory(version=mine, due_on=dt.date(2099, 11, 26))

    text = page(portal, mine)
    (row,) = portal.get(reverse("portal:index")).context["rows"]

    assert "Waiting for a reviewer: place 1 in the queue, due 26 Nov 2099." in text
    assert "It cannot be certified like this." in text
    assert row.situation.yours


MANIFEST = {"says": ["Adds pages below <b>/plugins/acme/</b>."], "secrets": ["acmeApi"], "local_only": ""}
UNKNOWN = {"derived": False, "declared": False, "dynamic": None, "total": 0}
UNKNOWN = {"derived": False, "declared": False, "dynamic": None, "total": 0}
REPORT = vetting_report(
    capabilities=[{"id": "env.read", "static": True, "evidence": [], **UNKNOWN}],
    egress=[
        {"host": "api.acme.example", "port": 443, "static": True, "undeclared": True, "evidence": [], **UNKNOWN},
    ],
    env=[{"name": "ACME_URL", "declared": False, "static": True, "evidence": []}],
    manifest=MANIFEST,
    tests={
        "results": {"path": "j.xml", "total": 9, "failed": 1, "skipped": 0},
        "coverage": {"path": "c", "lines": 10, "covered": 9, "percent": 90.0},
    },
)


def test_version_says_what_the_manifest_says_and_escapes_it(portal, mine):
    VettingRunFactory(version=mine, state=RunState.PASSED, report=REPORT)

    raw = portal.get(reverse("portal:version", args=[mine.pk])).content.decode()

    assert "Adds pages below &lt;b&gt;/plugins/acme/&lt;/b&gt;." in raw
    assert "9 tests, 1 failed, 0 skipped; 9 of 10 lines covered (90.0 %)" in raw
    assert "ACME_URL" in raw


def test_version_shows_its_owner_the_sandbox_log_and_escapes_it(portal, mine):
    run = VettingRunFactory(version=mine, state=RunState.FAILED)
    phase = {
        "name": "install", "seconds": 0.5, "ending": "It ended with exit code 0.", "problems": [], "loaded": [],
        "failed": {}, "hosts": ["evil.example"], "commands": ["0.01 s  <script>alert(1)</script>"],
        "sent": ["0.27 s  ~/.npmrc to evil.example over http (base64)"],
    }  # fmt: skip
    CheckRunFactory(run=run, code="behaviour", evidence={"phases": [phase]})

    raw = portal.get(reverse("portal:version", args=[mine.pk])).content.decode()

    shown = raw[raw.index('id="sandbox"') :]
    assert shown.index("Credentials sent") < shown.index("Hosts asked for") < shown.index("Programs started")
    assert "<script>alert(1)" not in raw


def test_version_says_so_where_the_plugin_was_not_run(portal, mine):
    VettingRunFactory(version=mine, state=RunState.PASSED)

    assert "It was not run; the check behaviour says why." in page(portal, mine)


def test_a_declaration_to_begin_with_can_be_downloaded(portal, mine):
    VettingRunFactory(version=mine, state=RunState.PASSED, report=REPORT)

    response = portal.get(reverse("portal:declaration", args=[mine.pk]))

    assert response["Content-Disposition"] == 'attachment; filename="plugin-governance.json"'
    made = response.json()
    assert made["secrets"] == [*mine.declaration["secrets"], "acmeApi"]
    assert made["egress"] == [*mine.declaration["egress"], {"host": "api.acme.example", "port": 443}]
    assert made["env"] == ["ACME_URL"]


def test_before_the_vetting_has_ended_there_is_no_declaration_to_download(portal, mine):
    VettingRunFactory(version=mine, state=RunState.QUEUED, report=None)

    response = portal.get(reverse("portal:declaration", args=[mine.pk]), follow=True)

    assert response.redirect_chain == [(reverse("portal:version", args=[mine.pk]), 302)]
    assert "before the vetting has ended" in response.content.decode()
