"""Each step of a verification refuses what it is there for, and names itself."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from certification.attest.dsse import sign_envelope
from certification.attest.vsa import build_statement
from certification.verify.canonical import canonical
from certification.verify.names import EXTENSION, STATEMENT_PAYLOAD, KeyStatus, Role

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
INDEX = 4
"""Where the log has the certificate's entry."""


def test_verify_accepts_what_was_issued(check):
    assert check() == (None, "")


def test_verify_refuses_another_artifact(check):
    step, message = check(artifact=b"swapped")

    assert step == "subject"
    assert "another artifact" in message


@pytest.mark.parametrize(
    ("at", "step", "words"),
    [
        (NOW - timedelta(seconds=1), "validity", "not valid before 2026-03-01T12:00:00Z"),
        (NOW, None, ""),
        (NOW + timedelta(days=90, seconds=-1), None, ""),
        (NOW + timedelta(days=90), "validity", "expired at 2026-05-30T12:00:00Z"),
        (NOW - timedelta(days=2), "trust-root", "not valid before"),
        (NOW.replace(2031), "trust-root", "expired"),
    ],
)
def test_verify_keeps_to_the_times(check, at, step, words):
    found, message = check(at=at)

    assert (found, words in message) == (step, True)


def test_verify_refuses_a_key_the_trust_root_does_not_know(check, world, stranger):
    step, message = check(world.bundle(by=stranger.certifier))

    assert step == "signature"
    assert "does not know" in message


def test_verify_refuses_the_root_key_as_certifier(check, world):
    assert check(world.bundle(by=world.root))[0] == "signature"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CERTIFIER])
def test_verify_refuses_a_key_of_another_role(check, world, role):
    step, message = check(trust_root=world.trust_root(world.key(role=role)))

    assert step == "signature"
    assert f"role is {role}" in message


def test_verify_refuses_what_a_compromised_key_signed_from_the_cut_off_on(check, world):
    step, message = check(trust_root=world.trust_root(world.key(status=KeyStatus.COMPROMISED, log_cutoff=INDEX)))

    assert step == "signature"
    assert "only what was logged before entry 4 counts" in message


def test_verify_accepts_what_a_compromised_key_signed_before_the_cut_off(check, world):
    assert check(trust_root=world.trust_root(world.key(status=KeyStatus.COMPROMISED, log_cutoff=INDEX + 1)))[0] is None


def test_verify_accepts_a_retired_key_for_what_it_signed_in_its_time(check, world):
    retired = world.key(status=KeyStatus.RETIRED, valid_to=NOW + timedelta(days=1))

    assert check(trust_root=world.trust_root(retired), at=NOW + timedelta(days=30))[0] is None


@pytest.mark.parametrize(
    "time", [{"valid_to": NOW}, {"valid_from": NOW + timedelta(seconds=1)}], ids=["too late", "too early"]
)
def test_verify_refuses_a_certificate_issued_outside_its_keys_time(check, world, time):
    step, message = check(trust_root=world.trust_root(world.key(**time)))

    assert step == "validity"
    assert "outside the time" in message


def test_verify_refuses_a_bundle_of_a_stranger_with_its_own_trust_root(check, stranger):
    assert check(stranger.bundle())[0] == "bundled-root"


def test_verify_refuses_a_strangers_trust_root_beside_a_true_certificate(check, world, stranger):
    bundle = json.loads(world.bundle())
    bundle["trustRoot"] = json.loads(stranger.trust_root())

    step, message = check(canonical(bundle))

    assert step == "bundled-root"
    assert "the other trust root is of the verifier" in message


def test_verify_takes_nothing_from_the_bundled_trust_root(check, world, stranger):
    generous = world.trust_root(world.key(), world.key(public=stranger.certifier.public))

    step, message = check(world.bundle(by=stranger.certifier, trust_root=generous))

    assert step == "bundled-root"
    assert "two trust roots of version 1" in message


def test_verify_follows_a_newer_trust_root_that_the_anchors_root_key_signed(check, world, stranger):
    newer = world.trust_root(world.key(public=stranger.certifier.public), version=2)

    assert check(world.bundle(by=stranger.certifier, trust_root=newer), trust_root=world.trust_root())[0] is None
    assert check(world.bundle(trust_root=newer), trust_root=world.trust_root())[0] == "signature"


def test_verify_accepts_a_bundle_with_an_older_trust_root_of_the_same_root_key(check, world):
    older = world.trust_root(issued=NOW.replace(2020), expires=NOW.replace(2021))

    assert check(world.bundle(trust_root=older), trust_root=world.trust_root(version=2))[0] is None


def test_verify_refuses_a_demo_bundle_with_a_message_of_its_own(check, demo_world):
    assert check(demo_world.bundle()) == (
        "environment",
        "the bundle comes from a demo, and the trust root is not a demo's",
    )


def test_verify_refuses_a_production_bundle_under_a_demos_trust_root(check, world, demo_world):
    step, message = check(world.bundle(), trust_root=demo_world.trust_root())

    assert step == "environment"
    assert "does not come from a demo" in message


def test_verify_accepts_a_demo_bundle_under_its_own_trust_root(check, demo_world):
    assert check(demo_world.bundle(), trust_root=demo_world.trust_root())[0] is None


@pytest.mark.parametrize("demo", [True, False])
def test_verify_refuses_a_demo_mark_that_contradicts_the_trust_root(check, world, demo_world, demo):
    signing = world if demo else demo_world
    statement = signing.statement(demo=demo)

    step, message = check(signing.bundle(statement), trust_root=signing.trust_root())

    assert step == "certificate"
    assert "demo" in message


def _change(statement, path, value):
    *parents, last = path
    for name in parents:
        statement = statement[name]
    if value is None:
        del statement[last]
    else:
        statement[last] = value


PREDICATE, OURS = ("predicate",), ("predicate", EXTENSION)
TRUE = "88539336bc9c3ecf2396d318ebf748ad946f5387161226a3fdf5aa83eded3518"
TWO_OF_A_TRACK = ["PLUGWARDEN_CERTIFIED_LOW", "SLSA_BUILD_LEVEL_1", "SLSA_BUILD_LEVEL_2"]
SHA512 = {"sha256": TRUE, "sha512": "b" * 128}


@pytest.mark.parametrize(
    ("path", "value", "step"),
    [
        (("subject",), [], "subject"),
        (("subject",), None, "subject"),
        (("subject", 0, "digest"), {}, "subject"),
        (("subject", 0, "digest"), SHA512, "subject"),
        (("subject", 0), "text", "subject"),
        (("subject",), [{"name": name, "digest": {"sha256": TRUE}} for name in "ab"], "subject"),
        (("_type",), "https://in-toto.io/Statement/v0.1", "predicate-type"),
        (("predicateType",), "https://slsa.dev/provenance/v1", "predicate-type"),
        (("predicate",), [], "predicate-type"),
        ((*PREDICATE, "verifier", "id"), "https://someone.example/", "verifier"),
        ((*PREDICATE, "verifier"), None, "verifier"),
        ((*PREDICATE, "resourceUri"), "javascript:alert(1)", "resource"),
        ((*PREDICATE, "resourceUri"), "pkg:npm/a b", "resource"),
        ((*PREDICATE, "resourceUri"), None, "resource"),
        ((*PREDICATE, "policy"), {}, "resource"),
        ((*PREDICATE, "verificationResult"), "FAILED", "result"),
        ((*PREDICATE, "verificationResult"), "passed", "result"),
        ((*PREDICATE, "verificationResult"), None, "result"),
        ((*PREDICATE, "verifiedLevels"), [], "levels"),
        ((*PREDICATE, "verifiedLevels"), ["FAILED"], "levels"),
        ((*PREDICATE, "verifiedLevels"), ["PLUGWARDEN_CERTIFIED_LOW", "FAILED"], "levels"),
        ((*PREDICATE, "verifiedLevels"), TWO_OF_A_TRACK, "levels"),
        ((*PREDICATE, "verifiedLevels"), ["PLUGWARDEN_CERTIFIED_SUPREME"], "levels"),
        ((*PREDICATE, "verifiedLevels"), ["PLUGWARDEN_CERTIFIED_LOW", "PLUGWARDEN_CERTIFIED_HIGH"], "levels"),
        ((*PREDICATE, "verifiedLevels"), ["PLUGWARDEN_CERTIFIED_HIGH"], "certificate"),
        ((*PREDICATE, "timeVerified"), "2026-03-01 12:00:00Z", "certificate"),
        (OURS, None, "certificate"),
        (OURS, "text", "certificate"),
        *(((*OURS, member), None, "certificate") for member in (
            "serial", "plugin", "tier", "notBefore", "notAfter", "conditions", "capabilities", "hosts", "policyVersion",
            "demo", "log", "advisoryFeeds",
        )),
        ((*OURS, "log"), {"origin": "", "index": 4}, "certificate"),
        ((*OURS, "log"), {"origin": "elsewhere.example/log", "index": 4}, "inclusion"),
        ((*OURS, "log", "index"), 3, "inclusion"),
        ((*OURS, "log", "index"), -1, "certificate"),
        ((*OURS, "log", "index"), "4", "certificate"),
        ((*OURS, "tier"), "none", "certificate"),
        ((*OURS, "demo"), 0, "certificate"),
        ((*OURS, "demo"), "false", "certificate"),
        ((*OURS, "hosts"), "*", "certificate"),
        ((*OURS, "hosts"), [1], "certificate"),
        ((*OURS, "notAfter"), "2026-02-30T00:00:00Z", "certificate"),
        ((*OURS, "notAfter"), "2026-05-30T12:00:00+00:00", "certificate"),
        ((*OURS, "notAfter"), "٢٠٢٦-05-30T12:00:00Z", "certificate"),
        ((*OURS, "notAfter"), "0000-05-30T12:00:00Z", "certificate"),
        ((*OURS, "advisoryFeeds"), [{"name": "x", "records": True, "ageDays": 1, "demo": False}], "certificate"),
        ((*OURS, "notAfter"), "2026-03-01T12:00:00Z", "validity"),
    ],
)  # fmt: skip
def test_verify_refuses_a_signed_statement_that_says_something_else(check, world, path, value, step):
    statement = world.statement()
    _change(statement, path, value)

    assert check(world.bundle(statement))[0] == step


def test_verify_ignores_signed_members_it_does_not_know(check, world):
    statement = world.statement()
    statement["predicate"]["dependencyLevels"] = {}
    statement["predicate"][EXTENSION]["colour"] = "green"

    assert check(world.bundle(statement))[0] is None


def test_verify_compares_the_resource_where_one_is_expected(check):
    assert check(expect_resource="pkg:npm/n8n-nodes-weather@1.2.0")[0] is None
    assert check(expect_resource="pkg:npm/n8n-nodes-weather@1.2.1")[0] == "resource"


def test_verify_refuses_a_statement_that_is_signed_but_not_canonical(check, world):
    payload = build_statement(world.facts()).replace(b'"PASSED"', b'"FAILED","verificationResult":"PASSED"')
    envelope = sign_envelope(payload=payload, payload_type=STATEMENT_PAYLOAD, signer=world.certifier)

    step, message = check(world.bundle(envelope=envelope))

    assert step == "subject"
    assert "canonical" in message
