"""The status list: listed is refused, each state in words of its own; stale, replayed and foreign lists are refused."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from certification.verify.core import Request, verify
from certification.verify.envelope import encode_base64
from certification.verify.names import Code, KeyStatus, Role
from certification.verify.state import Seen
from certification.verify.status import LogHead, ReasonClass

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def outcome(world):
    """Verify with these lists: the whole outcome."""

    def run(bundled=None, *, beside=None, at=NOW, **strictness):
        sha256 = hashlib.sha256(b"the plugin as it was submitted").hexdigest()
        return verify(
            bundle=world.bundle(status=bundled),
            trust_root=world.trust_root(),
            request=Request(sha256, at, **strictness),
            status_list=beside,
        )

    return run


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("suspended", "is suspended since 2026-03-01T12:00:00Z (policy): do not run it until that has ended"),
        ("revoked", "was revoked at 2026-03-01T12:00:00Z (policy)"),
        ("expired", "expired at 2026-03-01T12:00:00Z, says the status list"),
        ("superseded", "was superseded at 2026-03-01T12:00:00Z: get the newer one"),
    ],
)
def test_each_state_has_an_answer_of_its_own(outcome, world, state, words):
    found = outcome(world.status_list(world.listed(state)))

    assert (found.failed, found.code) == ("status", state)
    assert found.message == f"the certificate {words}"


def test_another_certificates_state_is_not_this_ones(outcome, world):
    assert outcome(world.status_list(world.listed(serial="PW-2026-0002"))).valid


def test_the_newer_of_two_lists_counts(outcome, world):
    clean, listed = world.status_list(sequence=5), world.status_list(world.listed(), sequence=6)

    assert outcome(clean, beside=listed).code == Code.REVOKED
    assert outcome(listed, beside=clean).code == Code.REVOKED
    assert outcome(world.status_list(world.listed(), sequence=4), beside=clean).valid is True


def test_both_of_two_lists_have_to_hold(outcome, world, stranger):
    assert outcome(world.status_list(), beside=stranger.status_list(sequence=9)).failed == "status"
    assert outcome(world.status_list(by=stranger.status), beside=world.status_list(sequence=9)).failed == "status"


def test_two_lists_of_one_number_that_say_different_things_are_refused(outcome, world):
    clean, listed = world.status_list(), world.status_list(world.listed())

    for bundled, beside in (
        (clean, listed),
        (listed, clean),
        (clean, world.status_list(log=LogHead(world.origin, 2, bytes(32)))),
    ):
        found = outcome(bundled, beside=beside)
        assert (found.failed, found.code) == ("status", None)
        assert found.message == "there are two status lists of number 5 that say different things"
    assert outcome(clean, beside=clean).valid


# --- out of date ---


@pytest.mark.parametrize(
    ("age", "grace", "valid", "warned"),
    [
        (-timedelta(seconds=1), timedelta(0), True, False),
        (timedelta(0), timedelta(0), False, False),
        (timedelta(0), None, True, True),
        (400 * DAY, None, True, True),
        (timedelta(0), 3 * DAY, True, True),
        (3 * DAY - timedelta(seconds=1), 3 * DAY, True, True),
        (3 * DAY, 3 * DAY, False, False),
    ],
)
def test_a_stale_list_counts_as_far_as_one_is_told_to_let_it(world, age, grace, valid, warned):
    until = NOW + DAY
    bundled = world.status_list(next_update=until)
    certificate_too = world.statement(not_after=NOW + 900 * DAY)
    found = verify(
        bundle=world.bundle(certificate_too, status=bundled),
        trust_root=world.trust_root(),
        request=Request(hashlib.sha256(b"the plugin as it was submitted").hexdigest(), until + age, grace=grace),
    )

    assert (found.valid, bool(found.warnings)) == (valid, warned)
    assert found.code is (None if valid else Code.STALE)
    assert all("good until 2026-03-02T12:00:00Z" in text for text in [*found.warnings, found.message] if text)


def test_a_stale_list_still_tells_of_a_revocation(outcome, world):
    stale = world.status_list(world.listed(), this_update=NOW - DAY / 2, next_update=NOW)

    assert outcome(stale, at=NOW + DAY).code == Code.REVOKED


@pytest.mark.parametrize(
    ("option", "code"),
    [("fail", 1), ("warn", 0), ("grace=3", 0), ("grace=0", 1), ("grace=", 2), ("grace=-1", 2), ("never", 2), ("", 2)],
)
def test_cli_takes_what_to_do_with_a_stale_list(command, world, option, code):
    bundle = world.bundle(status=world.status_list(next_update=NOW + timedelta(hours=1)))

    assert command(f"--stale={option}", bundle=bundle, at="2026-03-02T12:00:00Z")[0] == code


def test_cli_warns_of_a_stale_list(command, world):
    bundle = world.bundle(status=world.status_list(next_update=NOW + timedelta(hours=1)))

    _, out, _ = command("--stale=warn", bundle=bundle, at="2026-03-02T12:00:00Z")

    assert out.splitlines()[1] == (
        "  WARNING: the status list is stale: it was good until 2026-03-01T13:00:00Z, "
        "so a newer suspension or revocation would not show"
    )


# --- led back ---


def test_a_list_older_than_one_seen_before_is_refused(outcome, world):
    seen = Seen(world.trust_root(), 6)

    found = outcome(world.status_list(sequence=5), seen=seen)

    assert (found.failed, found.code) == ("status", Code.REPLAYED)
    assert outcome(world.status_list(sequence=6), seen=seen).valid
    assert outcome(world.status_list(sequence=5), beside=world.status_list(sequence=7), seen=seen).valid


def test_cli_remembers_the_list_even_of_a_certificate_it_refused(command, world, tmp_path):
    state = f"--state={tmp_path / 'state'}"
    revoked = world.bundle(status=world.status_list(world.listed(), sequence=6))

    assert command(state, bundle=revoked)[0] == 1
    code, out, _ = command(state, "--json", bundle=world.bundle(status=world.status_list(sequence=5)))

    assert (code, json.loads(out)["error"]["code"]) == (1, "replayed")
    assert command(state, bundle=world.bundle(status=world.status_list(sequence=7)))[0] == 0


def test_cli_remembers_nothing_of_a_list_it_does_not_believe(command, world, stranger, tmp_path):
    state = tmp_path / "state"

    command(f"--state={state}", bundle=world.bundle(status=world.status_list(sequence=99, by=stranger.status)))

    assert not state.exists()


def test_cli_takes_no_trust_root_older_than_one_seen_before(command, world, stranger, tmp_path):
    state = f"--state={tmp_path / 'state'}"
    newer = world.trust_root(world.key(public=stranger.certifier.public), version=2)

    assert command(state, bundle=world.bundle(by=stranger.certifier, trust_root=newer))[0] == 0
    code, out, _ = command(state, bundle=world.bundle())

    assert code == 1
    assert out.startswith("NOT VALID at step signature")


def test_cli_refuses_a_damaged_state(command, tmp_path):
    state = tmp_path / "state"
    state.write_text("{}")

    code, _, err = command(f"--state={state}")

    assert code == 2
    assert err.startswith("UNUSABLE: the state ")


def test_cli_takes_a_newer_list_than_the_bundles(command, world, tmp_path):
    path = tmp_path / "list.json"
    path.write_bytes(world.status_list(world.listed("suspended"), sequence=6))

    code, out, _ = command(f"--status-list={path}", "--json")
    said = json.loads(out)

    assert (code, said["failed_step"], said["error"]["code"]) == (1, "status", "suspended")
    assert said["status_list"]["sequence"] == 6


@pytest.mark.parametrize("data", [b"", b"rubbish", b"{}", b" " * (4 * 1024 * 1024 + 1)])
def test_cli_calls_what_is_no_status_list_unusable(command, tmp_path, data):
    path = tmp_path / "list.json"
    path.write_bytes(data)

    code, _, err = command(f"--status-list={path}")

    assert (code, err.count("\n")) == (2, 1)
    assert "the status list" in err


def test_cli_takes_no_delta_for_a_list(command, world, tmp_path):
    path = tmp_path / "list.json"
    path.write_bytes(world.status_list().replace(b"status-list+json", b"status-delta+json"))

    assert command(f"--status-list={path}")[0] == 2


# --- whose it is ---


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verifier_id": "https://other.example/"}, "the status list is of"),
        ({"environment": "demo"}, "the status list is of"),
        ({"log": LogHead("other.example/log", 3, bytes(32))}, "about the log"),
    ],
)
def test_a_list_of_another_portal_is_refused(outcome, world, changes, words):
    found = outcome(world.status_list(**changes))

    assert found.failed == "status"
    assert words in found.message


def test_a_list_signed_by_a_key_of_another_role_is_refused(outcome, world):
    for other in (world.certifier, world.log, world.root):
        assert outcome(world.status_list(by=other)).failed == "status"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({"role": Role.FEED}, "does not know"),
        ({"status": KeyStatus.COMPROMISED, "log_cutoff": 1000}, "compromised"),
        ({"valid_to": NOW}, "outside the time"),
        ({"valid_from": NOW + timedelta(seconds=1)}, "outside the time"),
    ],
)
def test_a_list_is_believed_only_from_a_key_that_may_sign_it(check, world, key, words):
    step, message = check(trust_root=world.trust_root(status=world.status_key(**key)))

    assert step == "status"
    assert words in message


def test_a_retired_status_keys_list_counts_until_it_is_stale(check, world):
    retired = world.status_key(status=KeyStatus.RETIRED, valid_to=NOW + timedelta(seconds=1))

    assert check(trust_root=world.trust_root(status=retired), at=NOW + 30 * DAY)[0] is None


def _entry(**changes):
    usual = {"serial": "PW-1", "sha256": "0" * 64, "state": "revoked", "reasonClass": "policy"}
    return {**usual, "at": "2026-03-01T12:00:00Z", "sequence": 1, **changes}


BENT = {
    "extra member": lambda found: found.update(note="x"),
    "missing member": lambda found: found.pop("nextUpdate"),
    "other schema": lambda found: found.update(schema="plugwarden.status-list/v2"),
    "ends before it begins": lambda found: found.update(nextUpdate="2026-03-01T12:00:00Z"),
    "sequence below 0": lambda found: found.update(sequence=-1),
    "entries no list": lambda found: found.update(entries={}),
    "entry no object": lambda found: found.update(entries=["x"]),
    "extra member in an entry": lambda found: found.update(entries=[_entry(reason="hearsay")]),
    "active in a list": lambda found: found.update(entries=[_entry(state="active")]),
    "unknown reason": lambda found: found.update(entries=[_entry(reasonClass="mood")]),
    "digest in upper case": lambda found: found.update(entries=[_entry(sha256="A" * 64)]),
    "digest too short": lambda found: found.update(entries=[_entry(sha256="0" * 63)]),
    "one certificate twice": lambda found: found.update(entries=[_entry(), _entry(state="suspended")]),
    "out of order": lambda found: found.update(entries=[_entry(serial="PW-2"), _entry()]),
    "entry of a list to come": lambda found: found.update(entries=[_entry(sequence=6)]),
    "root too short": lambda found: found["log"].update(root=encode_base64(bytes(31))),
    "extra member in the log": lambda found: found["log"].update(note="x"),
}


@pytest.mark.parametrize("bend", BENT)
def test_a_signed_list_of_another_form_is_refused(outcome, world, bend):
    bent = world.status_list(bend=BENT[bend])

    assert outcome(bent).failed == "bundle"
    assert outcome(beside=bent).failed == "status"


def test_the_list_the_bending_starts_from_is_good(outcome, world):
    good = world.status_list(bend=lambda found: found.update(entries=[_entry(), _entry(serial="PW-2")]))

    assert outcome(good).valid
    assert set(ReasonClass) >= {"policy"}
