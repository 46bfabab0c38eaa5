import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from certification.certificates import reinstate, revoke, suspend
from certification.enums import CertificateState
from governance.models import User
from plugins.enums import FileVerdict, RulingState, VersionState
from tests.factories import CertificateFactory, FileDecisionFactory, PluginVersionFactory, UserFactory, digest

DAY = dt.timedelta(days=1)


def days(number):
    return timezone.now().replace(microsecond=0) + dt.timedelta(days=number)


def certificate(**fields):
    return CertificateFactory(**{"demo": False, **fields})


def test_what_is_certified_is_allowed_within_its_conditions(platform):
    one = certificate(conditions="Only api.acme.example.\nNo writes.", not_before=days(-1), not_after=days(9))

    answer = platform.ask(one.sha256)

    assert answer.status_code == 200
    assert answer.json() == {
        "sha256": one.sha256,
        "allowed": True,
        "state": "active",
        "serial": one.serial,
        "notBefore": one.not_before.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "notAfter": one.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "conditions": ["Only api.acme.example.", "No writes."],
        "demo": False,
        "reason": "Certified.",
    }


def test_an_unknown_digest_is_plainly_not_allowed(platform):
    certificate()

    answer = platform.ask("0" * 64).json()

    assert (answer["allowed"], answer["state"], answer["serial"]) == (False, "unknown", None)
    assert answer["reason"] == "Not allowed: unknown."


@pytest.mark.parametrize("state", [state for state in CertificateState if state not in {"active", "superseded"}])
def test_a_certificate_that_is_not_active_allows_nothing(platform, state):
    one = certificate(state=state)

    answer = platform.ask(one.sha256).json()

    assert (answer["allowed"], answer["state"], answer["serial"]) == (False, state.value, one.serial)


def test_time_is_judged_at_the_moment_of_asking(platform):
    one = certificate(not_before=days(1), not_after=days(2))
    told = []

    for at in (one.not_before - DAY / 2, one.not_before, one.not_after - DAY / 86400, one.not_after):
        with time_machine.travel(at, tick=False):
            answer = platform.ask(one.sha256).json()
        told.append((answer["allowed"], answer["state"]))

    assert told == [(False, "not_yet_valid"), (True, "active"), (True, "active"), (False, "expired")]


def test_a_suspended_certificate_that_ran_out_is_expired(platform):
    one = certificate(state=CertificateState.SUSPENDED, not_before=days(-9), not_after=days(-1))

    assert platform.ask(one.sha256).json()["state"] == "expired"


def test_a_suspension_is_told_from_the_next_request_on(platform):
    one, lead = certificate(), UserFactory()
    seen = [platform.ask(one.sha256).json()["allowed"]]

    for move in (suspend, reinstate, revoke):
        move(certificate=one, actor=lead, reason="Looked into.")
        seen.append(platform.ask(one.sha256).json()["allowed"])

    assert seen == [True, False, True, False]


@pytest.mark.parametrize("state", [VersionState.QUARANTINED, VersionState.WITHDRAWN, VersionState.REJECTED])
def test_no_certificate_speaks_for_a_version_that_was_set_aside(platform, state):
    one = certificate(version__state=state)

    answer = platform.ask(one.sha256).json()

    assert (answer["allowed"], answer["state"], answer["serial"]) == (False, state.value, one.serial)


@pytest.mark.parametrize("known", [True, False])
def test_a_blocked_file_is_not_allowed_whatever_its_certificate_says(platform, known):
    one = certificate()
    sha256 = one.sha256 if known else digest("nobody certified it")
    FileDecisionFactory(sha256=sha256, verdict=FileVerdict.BLOCK, state=RulingState.ACTIVE)

    answer = platform.ask(sha256).json()

    assert (answer["allowed"], answer["state"]) == (False, "blocked")
    assert answer["serial"] == (one.serial if known else None)


@pytest.mark.parametrize(
    "decision",
    [
        {"verdict": FileVerdict.BLOCK, "state": RulingState.ENDED},
        {"verdict": FileVerdict.BLOCK, "state": RulingState.ACTIVE, "ends_on": dt.date(2020, 1, 1)},
        {"verdict": FileVerdict.ALLOW, "state": RulingState.PROPOSED, "ends_on": dt.date(2120, 1, 1)},
    ],
)
def test_a_decision_that_blocks_nothing_now_changes_nothing(platform, decision):
    one = certificate()
    FileDecisionFactory(sha256=one.sha256, **decision)

    assert platform.ask(one.sha256).json()["allowed"]


def test_of_several_certificates_the_one_that_holds_counts(platform):
    version = PluginVersionFactory(state=VersionState.APPROVED)
    for state in (CertificateState.SUPERSEDED, CertificateState.REVOKED, CertificateState.ACTIVE):
        last = certificate(version=version, state=state)
    certificate(version=version, state=CertificateState.EXPIRED)  # newer, but noted late

    answer = platform.ask(version.artifact.sha256).json()

    assert (answer["allowed"], answer["serial"]) == (True, last.serial)


def test_of_certificates_that_all_ended_the_newest_is_told(platform):
    version = PluginVersionFactory(state=VersionState.APPROVED)
    for state in (CertificateState.EXPIRED, CertificateState.REVOKED):
        last = certificate(version=version, state=state)

    answer = platform.ask(version.artifact.sha256).json()

    assert (answer["allowed"], answer["state"], answer["serial"]) == (False, "revoked", last.serial)


def test_a_demo_certificate_counts_in_the_demo_alone_and_is_marked(platform, settings):
    one = certificate(demo=True)
    outside = platform.ask(one.sha256).json()
    settings.DEMO = True
    inside = platform.ask(one.sha256).json()

    assert (outside["allowed"], outside["state"], outside["demo"]) == (False, "demo", True)
    assert (inside["allowed"], inside["state"], inside["demo"]) == (True, "active", True)


def test_many_are_answered_in_the_order_asked_repeats_included(platform, django_assert_num_queries):
    one, two = certificate(), certificate(state=CertificateState.REVOKED)
    asked = [two.sha256, "f" * 64, one.sha256.upper(), two.sha256]

    with django_assert_num_queries(1):
        answers = platform.send({"sha256": asked}).json()["answers"]

    assert [answer["sha256"] for answer in answers] == [sha256.lower() for sha256 in asked]
    assert [answer["state"] for answer in answers] == ["revoked", "unknown", "active", "revoked"]


def test_a_thousand_are_answered_by_one_query(platform, django_assert_num_queries):
    one = certificate()
    asked = [digest(str(number)) for number in range(999)] + [one.sha256]

    with django_assert_num_queries(1):
        answers = platform.send({"sha256": asked}).json()["answers"]

    assert [answer["allowed"] for answer in answers] == [False] * 999 + [True]


@pytest.mark.parametrize("count", [1, 3])
def test_one_is_answered_by_one_query_token_and_all(platform, count, django_assert_num_queries):
    rows = [certificate(state=CertificateState.REVOKED) for _ in range(count)]
    User.objects.all()

    with django_assert_num_queries(1):
        assert platform.ask(rows[0].sha256).status_code == 200


def test_an_answer_is_asked_for_again_by_its_etag(platform):
    one = certificate()
    first = platform.ask(one.sha256)

    for tag in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}', "*"):
        again = platform.ask(one.sha256, **{"If-None-Match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    suspend(certificate=one, actor=UserFactory(), reason="Looked into.")

    changed = platform.ask(one.sha256, **{"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.json()["state"]) == (200, "suspended")


def test_an_answer_is_kept_for_seconds_and_never_past_its_end(platform):
    one = certificate(not_before=days(-1), not_after=days(1))
    kept = {}

    for left in (60, 10, 4.5, 0.5):
        with time_machine.travel(one.not_after - dt.timedelta(seconds=left), tick=False):
            kept[left] = platform.ask(one.sha256)["Cache-Control"]

    assert kept == {
        60: "private, max-age=10", 10: "private, max-age=10", 4.5: "private, max-age=4", 0.5: "private, max-age=0",
    }  # fmt: skip
    assert platform.ask(one.sha256)["Vary"] == "Authorization"


def test_head_gives_the_headers_alone(platform):
    one = certificate()
    answer = platform.ask(one.sha256)

    head = platform.client.head("/api/v1/admission", {"sha256": one.sha256}, headers=platform.headers)

    assert (head.status_code, head.content, head["ETag"]) == (200, b"", answer["ETag"])
    assert head["Content-Length"] == str(len(answer.content))
