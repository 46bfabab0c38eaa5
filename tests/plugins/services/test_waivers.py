"""Waivers: who may ask, who may agree, how long, and what follows."""

import datetime as dt

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from certification.decisions import DecisionRefused
from certification.enums import CertificateState, RevalidationState
from certification.models import Certificate, Revalidation, Review
from certification.revalidation import plan
from certification.reviews import claim
from governance.models import LedgerEntry
from governance.roles import Role
from plugins.enums import Trigger, WaiverState
from plugins.models import Issue, VettingRun, Waiver
from plugins.services import runs, waivers
from plugins.services.past import past_of
from plugins.services.waivers import WaiverRefused
from plugins.tasks import keep_calendar
from tests.factories import IssueFactory, UserFactory, VettingRunFactory
from tests.plugins import cases
from tests.support.certified import answer_all, reviewer, verdict
from tests.support.reports import about, made_report

pytestmark = pytest.mark.django_db

FAILING = cases.result("static", findings=[cases.finding()], observations=cases.OBSERVED)


@pytest.fixture
def lead():
    return UserFactory(role=Role.LEAD_REVIEWER)


@pytest.fixture
def issue(policy):
    return IssueFactory(found=True)


def in_days(days):
    return timezone.localdate() + dt.timedelta(days=days)


def proposed(issue, by=None, **more):
    return waivers.propose(
        issue=issue, actor=by or reviewer(), **{"reason": "A constant.", "ends_on": in_days(10), **more}
    )


def test_four_eyes_make_a_waiver(issue, lead):
    waiver = waivers.decide(waiver=proposed(issue), actor=lead, approve=True, words="Agreed.")

    assert Waiver.objects.get(pk=waiver.pk).state == WaiverState.ACTIVE
    assert list(LedgerEntry.objects.about(waiver).order_by("pk").values_list("verb", flat=True)) == [
        "waiver.proposed", "waiver.approved", "waiver.activated",
    ]  # fmt: skip
    assert (
        past_of(VettingRunFactory(version__plugin=issue.plugin, queued=True)).waivers[issue.pk].name == f"W-{waiver.pk}"
    )


def test_an_owner_may_ask(issue):
    owner = UserFactory()
    issue.plugin.team.members.add(owner)

    assert proposed(issue, by=owner).requested_by == owner


def test_nobody_else_may_ask(issue):
    with pytest.raises(WaiverRefused, match="Only reviewers and the owners"):
        proposed(issue, by=UserFactory())


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"reason": "  "}, "needs its reason"),
        ({"ends_on": None, "days": 90}, "at most 90 days"),
        ({"ends_on": None, "days": -1}, "today or later"),
        ({"starts_on": dt.date(2020, 1, 1)}, "today or later"),
    ],
)
def test_what_the_policy_or_sense_forbids_is_refused(issue, more, why):
    days = more.pop("days", None)
    if days is not None:
        more["ends_on"] = in_days(days)

    with pytest.raises(WaiverRefused, match=why):
        proposed(issue, **more)


@pytest.mark.parametrize(
    ("check", "rule"),
    [("declaration", "undeclared-host"), ("files", "blocked-file"), ("dependencies", "malicious-dependency")],
)
def test_some_things_are_put_right_and_not_waived(policy, check, rule):
    with pytest.raises(WaiverRefused):
        proposed(IssueFactory(check_code=check, rule=rule, found=True))


def test_one_issue_has_one_open_waiver(issue):
    proposed(issue)

    with pytest.raises(WaiverRefused, match="already"):
        proposed(issue)


def test_who_asks_does_not_agree_even_past_the_service(issue, lead):
    waiver = proposed(issue, by=lead)

    with pytest.raises(WaiverRefused, match="four eyes"):
        waivers.decide(waiver=waiver, actor=lead, approve=True, words="Fine.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Waiver.objects.filter(pk=waiver.pk).update(state="active", decided_by=lead)


def test_who_owns_the_plugin_does_not_agree(issue, lead):
    issue.plugin.team.members.add(lead)

    with pytest.raises(WaiverRefused, match="team that owns"):
        waivers.decide(waiver=proposed(issue), actor=lead, approve=True, words="Fine.")


def test_a_plain_reviewer_does_not_decide(issue):
    with pytest.raises(WaiverRefused, match="lead reviewers"):
        waivers.decide(waiver=proposed(issue), actor=reviewer(), approve=True, words="Fine.")


def test_a_decision_is_made_once(issue, lead):
    waiver = waivers.decide(waiver=proposed(issue), actor=lead, approve=False, words="No.")

    with pytest.raises(WaiverRefused, match="declined"):
        waivers.decide(waiver=waiver, actor=lead, approve=True, words="Yes after all.")


def test_what_was_promised_is_not_rewritten(issue):
    waiver = proposed(issue)

    with pytest.raises(DatabaseError), transaction.atomic():
        Waiver.objects.filter(pk=waiver.pk).update(ends_on=in_days(900))


def test_the_calendar_begins_and_ends_waivers(issue, lead):
    waiver = proposed(issue, starts_on=in_days(2), ends_on=in_days(4))
    waivers.decide(waiver=waiver, actor=lead, approve=True, words="Agreed.")
    noon = dt.datetime.combine(in_days(0), dt.time(12), dt.UTC)
    held, states = [], []
    for day in range(6):
        with time_machine.travel(noon + dt.timedelta(days=day), tick=False):
            held.append(Waiver.objects.in_force(timezone.localdate()).exists())
            keep_calendar()
            states.append(Waiver.objects.get().state)

    assert states == ["approved", "approved", "active", "active", "active", "expired"]
    assert held == [False, False, True, True, True, False]


def failing_review(policy):
    """A version under review whose run failed on one finding, and the finding's issue."""
    run = VettingRunFactory(queued=True, version__state="vetting", policy=policy)
    taken = runs._take_up(run.pk)
    report = about(
        taken.version.artifact, made_report(cases.with_result(cases.clean_results(), FAILING), past=past_of(taken))
    )
    runs._conclude(run.pk, taken.attempts, report)
    return Review.objects.get(run=run), Issue.objects.get(plugin=run.version.plugin, check_code="static")


def vetted_again(version):
    """Carry out the run that waits, as the worker would, with the engines' answers as before."""
    run = VettingRun.objects.get(version=version, state="queued")
    taken = runs._take_up(run.pk)
    past = past_of(taken)
    report = about(taken.version.artifact, made_report(cases.with_result(cases.clean_results(), FAILING), past=past))
    return runs._conclude(run.pk, taken.attempts, report)


def certified_on_a_waiver(policy, lead):
    review, issue = failing_review(policy)
    waiver = waivers.decide(waiver=proposed(issue), actor=lead, approve=True, words="Agreed.")
    vetted_again(review.version)
    again = Review.objects.get(version=review.version, state="open")
    by = reviewer()
    claim(review=again, actor=by)
    answer_all(again, by)
    verdict(again, by=by)
    return Certificate.objects.get(version=review.version), waiver


def test_a_waiver_has_what_waits_vetted_again_and_lets_it_be_certified(policy, lead):
    certificate, waiver = certified_on_a_waiver(policy, lead)

    assert certificate.state == CertificateState.ACTIVE
    assert certificate.run.trigger == Trigger.WAIVER
    assert certificate.run.findings.get(check_code="static").waiver == str(waiver)


def test_what_was_certified_on_a_waiver_is_vetted_without_it_when_it_ends(policy, lead):
    certificate, waiver = certified_on_a_waiver(policy, lead)

    waivers.revoke(waiver=waiver, actor=lead, words="It was no constant.")

    revalidation = Revalidation.objects.get(certificate=certificate)
    assert (revalidation.trigger, revalidation.state) == ("event", RevalidationState.RUNNING)
    vetted_again(certificate.version)
    revalidation.refresh_from_db()
    assert revalidation.state == RevalidationState.SENT_TO_REVIEW


def test_nobody_certifies_on_a_waiver_that_ended_meanwhile(policy, lead):
    review, issue = failing_review(policy)
    waiver = waivers.decide(waiver=proposed(issue), actor=lead, approve=True, words="Agreed.")
    vetted_again(review.version)
    again = Review.objects.get(version=review.version, state="open")
    by = reviewer()
    claim(review=again, actor=by)
    answer_all(again, by)
    Waiver.objects.filter(pk=waiver.pk).update(state="revoked")

    with pytest.raises(DecisionRefused, match="Vetting is out of date"):
        verdict(again, by=by)


def test_a_waiver_that_the_plan_finds_lapsed_is_revalidated_without_a_signal(policy, lead):
    certificate, waiver = certified_on_a_waiver(policy, lead)
    assert plan(timezone.localdate()) == []

    Waiver.objects.filter(pk=waiver.pk).update(state="expired")

    assert [due.certificate for due in plan(timezone.localdate())] == [certificate]
