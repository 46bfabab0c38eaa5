import datetime as dt
import json
import threading
import time
import zipfile
from io import StringIO
from unittest.mock import Mock

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from certification import certificates, revalidation
from certification.certificates import CertificateRefused, revoke
from certification.enums import CertificateState, DecisionOutcome, RevalidationState, RevalidationTrigger, ReviewKind
from certification.models import Certificate, Revalidation, Review
from certification.revalidation import plan, revalidate_due
from certification.reviews import claim
from certification.tasks import revalidate_due as daily
from governance.models import LedgerEntry
from governance.vocabulary import CheckStatus, Severity
from plugins.enums import RunState, Trigger, VersionState
from plugins.models import VettingRun
from plugins.services import request_run, runs
from plugins.services.feeds import import_dump
from tests.factories import ComponentFactory, UserFactory
from tests.plugins import cases
from tests.support.certified import certified, reviewer, verdict
from tests.support.policies import in_force, variation
from tests.support.races import at_once
from tests.support.reports import about, made_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(policy):
    return certified(policy)


@pytest.fixture
def due(certificate):
    """The day the certificate is due."""
    moment = dt.datetime.combine(certificate.revalidate_on, dt.time(6), dt.UTC)
    with time_machine.travel(moment, tick=False):
        yield certificate.revalidate_on


@pytest.fixture
def advisory(tmp_path):
    """Import an advisory that hits left 1.0.0."""

    def bring():
        affected = [
            {
                "package": {"ecosystem": "npm", "name": "left"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
            }
        ]
        record = {"id": "GHSA-left", "modified": timezone.now().isoformat(), "affected": affected}
        with zipfile.ZipFile(tmp_path / "dump.zip", "w") as archive:
            archive.writestr("GHSA-left.json", json.dumps(record))
        import_dump(path=tmp_path / "dump.zip", name="npm")

    return bring


def ship_left(certificate):
    ComponentFactory(run=certificate.run, ecosystem="npm", name="left", requirement="1.0.0", pinned="1.0.0")


def reread(row):
    return type(row).objects.get(pk=row.pk)


def end(started, report=None):
    """Let the run of a revalidation end."""
    taken = runs._take_up(started.run_id)
    runs._conclude(started.run_id, taken.attempts, about(taken.version.artifact, report))
    return reread(started)


def failed_report():
    return made_report(cases.with_result(cases.clean_results(), cases.result("static", findings=[cases.finding()])))


# --- what is due ---


def test_nothing_is_due_before_its_day(certificate):
    assert plan(certificate.revalidate_on - dt.timedelta(days=1)) == []


def test_a_tier_says_when_it_is_due(certificate, due, policy):
    days = policy.rules["tiers"][certificate.tier]["revalidation_days"]

    found = plan(due)

    assert due == certificate.not_before.date() + dt.timedelta(days=days)
    assert [(entry.certificate, entry.trigger) for entry in found] == [(certificate, RevalidationTrigger.SCHEDULE)]
    assert str(due) in found[0].reason


def test_the_longest_overdue_come_first(policy, due, certificate):
    other = certified(policy)
    Certificate.objects.filter(pk=other.pk).update(revalidate_on=due - dt.timedelta(days=9))

    assert [entry.certificate for entry in plan(due)] == [other, certificate]


def test_a_new_advisory_hits_what_ships_the_package(certificate, advisory):
    ship_left(certificate)
    assert plan(timezone.now().date()) == []

    advisory()

    [found] = plan(timezone.now().date())
    assert (found.trigger, found.reason) == (RevalidationTrigger.ADVISORY, "Hit by GHSA-left.")


def test_what_is_due_and_hit_is_revalidated_once(certificate, advisory, due):
    ship_left(certificate)
    advisory()

    assert [entry.trigger for entry in plan(due)] == [RevalidationTrigger.SCHEDULE]


@pytest.mark.parametrize("state", ["suspended", "revoked", "superseded", "expired"])
def test_what_is_not_in_force_is_not_revalidated(certificate, due, state):
    Certificate.objects.filter(pk=certificate.pk).update(state=state)

    assert plan(due) == []


def test_what_ran_out_is_not_renewed_but_noted(certificate):
    with time_machine.travel(certificate.not_after, tick=False):
        today = timezone.now().date()
        assert plan(today) == []
        assert revalidate_due(today=today) == []

    assert reread(certificate).state == CertificateState.EXPIRED


# --- what comes of it ---


def test_a_revalidation_vets_again(certificate, due):
    [started] = revalidate_due(today=due, actor=UserFactory(username="olga"))

    assert (started.state, started.run.trigger) == (RevalidationState.RUNNING, Trigger.SCHEDULE)
    assert started.run.version.state == VersionState.VETTING
    assert reread(certificate).current_state == CertificateState.ACTIVE  # in force all the while
    assert LedgerEntry.objects.get(verb="revalidation.started").actor_label.startswith("Ada")


def test_one_under_way_is_not_started_again(certificate, due):
    revalidate_due(today=due)

    assert revalidate_due(today=due) == []
    assert daily() == "0 revalidations started, 0 broken"


def test_what_still_passes_is_renewed_without_a_human(certificate, due):
    [started] = revalidate_due(today=due)

    ended = end(started)

    assert ended.state == RevalidationState.RENEWED
    assert reread(certificate).state == CertificateState.SUPERSEDED
    renewed = ended.renewed_as
    assert (renewed.state, renewed.version.state) == (CertificateState.ACTIVE, VersionState.APPROVED)
    assert renewed.decision == certificate.decision
    assert renewed.revalidate_on > due
    assert not Review.objects.pending().exists()
    assert LedgerEntry.objects.filter(verb="revalidation.renewed").exists()


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        pytest.param(failed_report, "Blocking findings from static.", id="failed"),
        pytest.param(
            lambda: made_report(
                cases.with_result(cases.clean_results(), cases.result("secrets", CheckStatus.INCONCLUSIVE))
            ),
            "No result from secrets, which the policy requires.",
            id="inconclusive",
        ),
    ],
)
def test_what_does_not_is_sent_to_review(certificate, due, report, reason):
    [started] = revalidate_due(today=due)

    ended = end(started, report())

    assert ended.state == RevalidationState.SENT_TO_REVIEW
    assert ended.reason.startswith(reason)
    review = Review.objects.pending().get()
    assert (review.kind, review.version.state) == (ReviewKind.RENEWAL, VersionState.IN_REVIEW)
    assert reread(certificate).current_state == CertificateState.ACTIVE  # a human decides, or time does


def test_an_advisory_opens_a_review_of_its_own_kind(certificate, advisory):
    ship_left(certificate)
    advisory()
    [started] = revalidate_due(today=timezone.now().date())

    end(started, failed_report())

    assert Review.objects.pending().get().kind == ReviewKind.ADVISORY


def test_a_risen_tier_is_for_a_human(certificate, due):
    [started] = revalidate_due(today=due)
    many = [cases.finding(severity=Severity.MEDIUM, rule=f"rule-{n}") for n in range(9)]
    worse = cases.with_result(cases.clean_results(), cases.result("static", findings=many, observations=cases.OBSERVED))

    ended = end(started, made_report(worse))

    assert (ended.run.state, ended.run.tier) == (RunState.PASSED, "moderate")
    assert ended.reason == "The risk tier rose from low to moderate."


@pytest.fixture
def strict():
    """Rules under which a human has to answer, and the feed has to be known."""
    return variation("strict", blocking={"PRIV-05", "VUL-04"})


@pytest.fixture
def strictly(strict):
    """A revalidation under way of what was certified under them."""
    certificate = certified(in_force(strict), report=made_report(policy=strict))
    [started] = revalidate_due(today=certificate.revalidate_on)
    return started


def test_a_reviewers_answers_hold_for_the_same_bytes_under_the_same_policy(strict, strictly):
    assert end(strictly, made_report(policy=strict)).state == RevalidationState.RENEWED


def test_a_fact_that_is_not_known_any_more_is_for_a_human(strict, strictly):
    ended = end(strictly, made_report(policy=strict, feed=None))

    assert (ended.state, ended.reason) == (RevalidationState.SENT_TO_REVIEW, "Criteria no longer met: VUL-04.")


def test_under_another_policy_a_human_answers_anew(policy, strict):
    certificate = certified(policy)
    in_force(strict)
    [started] = revalidate_due(today=certificate.revalidate_on)

    ended = end(started, made_report(policy=strict))

    assert (ended.state, ended.reason) == (RevalidationState.SENT_TO_REVIEW, "Criteria no longer met: PRIV-05.")
    assert ended.run.policy.version == "strict"


def test_what_waits_for_a_human_is_left_to_them(certificate, due):
    """Else every day would take the review out of the reviewer's hands."""
    [started] = revalidate_due(today=due)
    end(started, failed_report())

    assert plan(due + dt.timedelta(days=1)) == []


def test_what_waits_for_its_owner_is_left_to_them(certificate, due):
    [started] = revalidate_due(today=due)
    end(started, failed_report())
    review = Review.objects.pending().get()
    claim(review=review, actor=reviewer())
    verdict(review, DecisionOutcome.REQUEST_CHANGES)

    assert plan(due + dt.timedelta(days=1)) == []


def test_a_certificate_revoked_while_it_was_vetted_is_not_renewed(certificate, due):
    [started] = revalidate_due(today=due)
    revoke(certificate=reread(certificate), actor=UserFactory(), reason="It leaks.")

    ended = end(started)

    assert (ended.state, ended.reason) == (RevalidationState.SENT_TO_REVIEW, "The certificate is revoked.")
    assert not Certificate.objects.valid_at(timezone.now()).exists()


@pytest.mark.django_db(transaction=True)
def test_a_revocation_while_a_renewal_is_signed_is_refused_aloud(certificate, due, monkeypatch):
    """Else it would seem to have worked, and the plugin be certified behind the reviewer's back."""
    [started] = revalidate_due(today=due)
    at_work = threading.Event()
    sign = certificates.issue_certificate

    def slowly(**facts):
        at_work.set()
        time.sleep(0.5)
        return sign(**facts)

    def take_back():
        at_work.wait(timeout=30)
        revoke(certificate=reread(certificate), actor=actor, reason="It leaks.")

    actor = UserFactory()
    monkeypatch.setattr(certificates, "issue_certificate", slowly)
    ended, refused = at_once(lambda: end(started), take_back)

    assert ended.state == RevalidationState.RENEWED
    assert isinstance(refused, CertificateRefused)
    assert "changed meanwhile" in str(refused)
    assert reread(certificate).state == CertificateState.SUPERSEDED


def test_what_cannot_be_signed_is_sent_to_review(certificate, due, settings):
    [started] = revalidate_due(today=due)
    (settings.KEYS_DIR / "production" / "certifier.pem").chmod(0o644)

    try:
        ended = end(started)
    finally:
        (settings.KEYS_DIR / "production" / "certifier.pem").chmod(0o600)

    assert ended.state == RevalidationState.SENT_TO_REVIEW
    assert "signing keys cannot be used" in ended.reason
    assert reread(certificate).current_state == CertificateState.ACTIVE


# --- failures ---


def test_one_that_cannot_start_is_shown_as_failed_and_stops_no_other(certificate, due, policy):
    other = certified(policy)
    Certificate.objects.filter(pk=other.pk).update(revalidate_on=due)
    request_run(version=reread(certificate.version), actor=None)

    states = {row.certificate: row.state for row in revalidate_due(today=due)}

    assert states == {certificate: RevalidationState.FAILED, other: RevalidationState.RUNNING}
    assert "being vetted already" in Revalidation.objects.get(certificate=certificate).reason


def test_one_whose_run_broke_is_shown_as_failed_and_tried_again(certificate, due):
    [started] = revalidate_due(today=due)
    VettingRun.objects.filter(pk=started.run_id).update(
        state=RunState.RUNNING, attempts=3, lease_until=timezone.now() - dt.timedelta(minutes=1)
    )

    runs.requeue_lost(now=timezone.now())

    assert reread(started).state == RevalidationState.FAILED
    assert reread(certificate).current_state == CertificateState.ACTIVE
    assert [entry.certificate for entry in plan(due)] == [certificate]


# --- the command ---


def command(*arguments):
    out = StringIO()
    call_command("revalidate", *arguments, stdout=out)
    return out.getvalue()


def test_a_dry_run_shows_the_plan_and_changes_nothing(certificate, due):
    entries = LedgerEntry.objects.count()

    said = command("--due", "--dry-run")

    assert certificate.serial in said
    assert "Due since" in said
    assert not Revalidation.objects.exists()
    assert LedgerEntry.objects.count() == entries


def test_the_command_starts_what_is_due(certificate, due):
    said = json.loads(command("--due", "--json"))

    started = Revalidation.objects.get()
    assert said == {
        "schema": "plugwarden.revalidations/v1",
        "dry_run": False,
        "revalidations": [
            {
                "serial": certificate.serial,
                "plugin": certificate.version.plugin.name,
                "version": certificate.version.version,
                "trigger": "schedule",
                "reason": started.reason,
                "state": "running",
                "run": started.run_id,
            }
        ],
        "broken": [],
    }


# --- one that breaks ---


@pytest.fixture
def others_break(certificate, policy, monkeypatch):
    """A second certificate; whatever is done about the first one breaks."""
    other = certified(policy)

    def but_for(function, serial_of):
        def stand_in(*args, **kwargs):
            if serial_of(*args, **kwargs) == certificate.serial:
                raise RuntimeError("its report is damaged")
            return function(*args, **kwargs)

        return stand_in

    return other, lambda name, serial_of: monkeypatch.setattr(
        revalidation, name, but_for(getattr(revalidation, name), serial_of)
    )


def test_one_that_breaks_at_its_start_stops_no_other_and_is_told(certificate, others_break, due, caplog):
    other, breaks = others_break
    breaks("start", lambda due, **_more: due.certificate.serial)
    out, err = StringIO(), StringIO()

    with pytest.raises(SystemExit) as left:
        call_command("revalidate", "--due", stdout=out, stderr=err)

    assert left.value.code == 1
    assert Revalidation.objects.get().certificate == other
    assert other.serial in out.getvalue()
    assert f"{certificate.serial} could not be revalidated: RuntimeError: its report is damaged" in err.getvalue()
    entry = LedgerEntry.objects.get(verb="revalidation.broken")
    assert (entry.subject_id, entry.details["reason"]) == (str(certificate.pk), "RuntimeError: its report is damaged")
    assert "its report is damaged" in caplog.text


def test_one_that_cannot_be_looked_at_stops_no_other(certificate, policy, advisory, caplog):
    other = certified(policy)
    ComponentFactory(
        run=certificate.run, ecosystem="npm", name="left", requirement="1.0.0", pinned="1.0.0", advisories=["damaged"]
    )
    ship_left(other)
    advisory()
    broken = []
    day = timezone.now().date()  # neither is due by its tier

    assert [entry.certificate for entry in plan(day, broken=broken)] == [other]

    assert [fault.certificate for fault in broken] == [certificate]
    assert broken[0].reason.startswith("TypeError: ")
    assert not LedgerEntry.objects.filter(verb="revalidation.broken").exists()
    assert daily() == "1 revalidations started, 1 broken"


def test_one_whose_expiry_cannot_be_noted_stops_no_other(certificate, policy, monkeypatch, caplog):
    monkeypatch.setattr(certificates, "_refresh_standing", Mock(side_effect=RuntimeError("no such plugin")))
    broken = []

    with time_machine.travel(certificate.not_after, tick=False):
        assert revalidate_due(today=certificate.not_after.date(), broken=broken) == []

    assert [fault.certificate for fault in broken] == [certificate]
    assert Certificate.objects.get(pk=certificate.pk).state == CertificateState.ACTIVE


def test_the_dry_run_and_the_run_name_the_same(certificate, due):
    planned, done = (json.loads(command("--due", "--json", *more))["revalidations"] for more in (["--dry-run"], []))

    keys = ("serial", "trigger", "reason")
    assert [[row[key] for key in keys] for row in planned] == [[row[key] for key in keys] for row in done]


def test_the_command_says_when_nothing_is_due(certificate):
    assert command("--due") == "Nothing is due.\n"
    assert json.loads(command("--due", "--json"))["revalidations"] == []


def test_the_command_wants_to_be_told_what():
    with pytest.raises(CommandError, match="--due"):
        command()


def test_two_processes_do_not_start_the_same_one(certificate, due):
    """The second finds the first one's row and goes on."""
    found = plan(due)
    revalidation.start(due=found[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(revalidation, "plan", lambda _today, **_more: found)
        assert revalidate_due(today=due) == []

    assert Revalidation.objects.count() == 1
