"""A certificate has to be in the log: at its index, under its digest, below a checkpoint the log itself signed."""

import json
from datetime import UTC, datetime

import pytest

from certification.verify.canonical import canonical
from certification.verify.names import KeyStatus, Role
from certification.verify.status import LogHead
from tests.support.trees import checkpoint, path_of, root_of, tlog_proof

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
INDEX = 4


@pytest.fixture
def log(world):
    """The leaves of the log, the certificate's among them."""
    return world.leaves(world.envelope())


def test_another_entrys_proof_is_refused(check, world, log):
    step, message = check(world.bundle(proof=world.proof(log, index=3)))

    assert step == "inclusion"
    assert message == "the certificate is entry 4 of the log, and the proof is about entry 3"


@pytest.mark.parametrize("by", ["certifier", "status", "root", "stranger"])
def test_a_checkpoint_the_log_did_not_sign_is_refused(check, world, stranger, log, by):
    signer = stranger.log if by == "stranger" else getattr(world, by)
    bundle = json.loads(world.bundle())
    bundle["logProof"] = world.proof(log, by=[signer]).decode()

    step, message = check(canonical(bundle))

    assert step == "inclusion"
    assert "not signed by a key that is known" in message


def test_another_logs_checkpoint_is_refused(check, world, stranger, log):
    elsewhere = tlog_proof(INDEX, path_of(log, INDEX), checkpoint(stranger.origin, log, world.log))
    bundle = json.loads(world.bundle())
    bundle["logProof"] = elsewhere.decode()

    step, message = check(canonical(bundle))

    assert step == "inclusion"
    assert "the checkpoint is of the log" in message


def test_a_signature_nobody_can_check_has_no_place_in_a_bundle(check, world, stranger, log):
    bundle = json.loads(world.bundle())
    bundle["logProof"] = world.proof(log, by=[world.log, stranger.log]).decode()

    step, message = check(canonical(bundle))

    assert step == "inclusion"
    assert "a key that the trust root does not know" in message


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        ("index 4", "extra AA==\nindex 4", "bundle"),
        ("index 4", "index 5", "inclusion"),
        ("index 4\n", "index 4\nAAAA\n", "bundle"),
        ("\n7\n", "\n8\n", "inclusion"),
        ("tlog-proof@v1", "tlog-proof@v2", "bundle"),
    ],
)
def test_a_proof_with_another_line_is_refused(check, world, old, new, step):
    bundle = json.loads(world.bundle())
    assert old in bundle["logProof"]
    bundle["logProof"] = bundle["logProof"].replace(old, new, 1)

    assert check(canonical(bundle))[0] == step


def test_a_longer_and_a_shorter_path_are_refused(check, world, log):
    true = path_of(log, INDEX)
    for path in (true[:-1], [*true, bytes(32)], [], true[::-1]):
        bundle = json.loads(world.bundle())
        bundle["logProof"] = tlog_proof(INDEX, path, checkpoint(world.origin, log, world.log)).decode()
        assert check(canonical(bundle))[0] == "inclusion"


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"certificate": "0" * 64}, "about another certificate"),
        ({"serial": "PW-2026-0002"}, "another serial or artifact"),
        ({"artifact": "0" * 64}, "another serial or artifact"),
        ({"certificate": "0" * 63}, "not a SHA-256"),
        ({"certificate": None}, "missing"),
        ({"serial": ""}, "missing"),
    ],
)
def test_an_entry_about_something_else_is_refused(check, world, details, words):
    event = world.event(world.envelope(), **details)

    step, message = check(world.bundle(event=event))

    assert step == "inclusion"
    assert words in message


@pytest.mark.parametrize(
    "event",
    [
        b"[]",
        b"rubbish",
        b'{"verb":"certificate.issued"}',
        b'{"details":{},"verb":"certificate.revoked"}',
        b'{"verb": "certificate.issued"}',
        b"\xff",
    ],
)
def test_what_is_no_such_entry_is_refused(check, world, event):
    assert check(world.bundle(event=event))[0] == "inclusion"


def test_an_entry_that_is_not_the_leaf_is_refused(check, world, log):
    event = json.loads(world.event(world.envelope()))
    other = canonical({**event, "at": "2020-01-01T00:00:00.000000Z"})

    step, message = check(world.bundle(event=other, proof=world.proof(log)))

    assert step == "inclusion"
    assert "does not lead from the log entry" in message


def test_the_list_and_the_checkpoint_must_show_one_log(check, world, log):
    fork = world.status_list(log=LogHead(world.origin, 7, bytes(32)))
    same = world.status_list(log=LogHead(world.origin, 7, root_of(log)))

    assert check(world.bundle(status=fork)) == (
        "inclusion",
        "status list and checkpoint show two different logs of the same size",
    )
    assert check(world.bundle(status=same))[0] is None


@pytest.mark.parametrize(
    ("key", "step"),
    [
        ({"status": KeyStatus.COMPROMISED, "log_cutoff": 7}, None),
        ({"status": KeyStatus.COMPROMISED, "log_cutoff": 6}, "inclusion"),
        ({"status": KeyStatus.RETIRED}, None),
        ({"role": Role.FEED}, "inclusion"),
    ],
)
def test_a_log_key_signs_checkpoints_as_far_as_it_may(world, check, key, step):
    bundle = json.loads(world.bundle())
    root = world.trust_root(log=world.log_key(**key))
    bundle["trustRoot"] = json.loads(root)

    assert check(canonical(bundle), trust_root=root)[0] == step
