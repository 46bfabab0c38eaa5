"""A certificate is written as the formats say, and is never handed out if our own verifier would refuse it."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.attest.bundle import NotCertifiableError, build_bundle, issue_certificate
from certification.attest.dsse import Signer
from certification.attest.keys import ensure_keys
from certification.attest.vsa import CertificateFacts, FeedFacts, LogPosition, PluginName, Resource, build_statement
from certification.verify.core import Request, verify_unlogged
from governance.vocabulary import Tier
from tests.support.trees import checkpoint, signed_note, tlog_proof

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
ARTIFACT = hashlib.sha256(b"artifact").hexdigest()
SCHEMAS = Path(__file__).parents[3] / "docs" / "schemas"


@pytest.fixture
def ring(tmp_path):
    return ensure_keys(tmp_path / "keys", demo=True, now=NOW)


@pytest.fixture
def facts(ring):
    return CertificateFacts(
        serial="PW-2026-0001",
        plugin=PluginName("n8n-nodes-wéather", "1.2.0", "n8n-node"),
        artifact_name="n8n-nodes-weather-1.2.0.tgz",
        artifact_sha256=ARTIFACT,
        resource_uri="pkg:npm/n8n-nodes-weather@1.2.0",
        tier=Tier.MODERATE,
        time_verified=NOW,
        not_before=NOW,
        not_after=NOW + timedelta(days=90),
        verifier_id=ring.verifier_id,
        verifier_version={"plugwarden": "0.1.0"},
        policy=Resource("https://portal.example/policy/2026.1", "0" * 64),
        policy_version="2026.1",
        demo=True,
        log=LogPosition(ring.log_origin, 7),
        input_attestations=(Resource("urn:plugwarden:check:static", "1" * 64, "static"),),
        conditions=("b first", "a second"),
        capabilities=("network.outbound", "env.read", "env.read"),
        hosts=("b.example", "a.example"),
        advisory_feeds=(FeedFacts("Starter feed", 30, 12, demo=True),),
    )


def test_build_statement_is_a_vsa_with_our_extension(facts, ring):
    assert json.loads(build_statement(facts)) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "n8n-nodes-weather-1.2.0.tgz", "digest": {"sha256": ARTIFACT}}],
        "predicateType": "https://slsa.dev/verification_summary/v1",
        "predicate": {
            "verifier": {"id": ring.verifier_id, "version": {"plugwarden": "0.1.0"}},
            "timeVerified": "2026-03-01T12:00:00Z",
            "resourceUri": "pkg:npm/n8n-nodes-weather@1.2.0",
            "policy": {"uri": "https://portal.example/policy/2026.1", "digest": {"sha256": "0" * 64}},
            "inputAttestations": [
                {"name": "static", "uri": "urn:plugwarden:check:static", "digest": {"sha256": "1" * 64}}
            ],
            "verificationResult": "PASSED",
            "verifiedLevels": ["PLUGWARDEN_CERTIFIED_MODERATE", "SLSA_BUILD_LEVEL_UNEVALUATED"],
            "slsaVersion": "1.2",
            "https://plugwarden.org/attestations/certificate/v1": {
                "serial": "PW-2026-0001",
                "plugin": {"name": "n8n-nodes-wéather", "version": "1.2.0", "format": "n8n-node"},
                "tier": "moderate",
                "notBefore": "2026-03-01T12:00:00Z",
                "notAfter": "2026-05-30T12:00:00Z",
                "conditions": ["b first", "a second"],
                "capabilities": ["env.read", "network.outbound"],
                "hosts": ["a.example", "b.example"],
                "policyVersion": "2026.1",
                "demo": True,
                "log": {"origin": ring.log_origin, "index": 7},
                "advisoryFeeds": [{"name": "Starter feed", "records": 30, "ageDays": 12, "demo": True}],
            },
        },
    }


@pytest.mark.parametrize(
    "change",
    [
        {"serial": ""},
        {"policy_version": ""},
        {"artifact_name": ""},
        {"plugin": PluginName("x", "", "n8n-node")},
        {"artifact_sha256": ARTIFACT.upper()},
        {"artifact_sha256": ""},
        {"resource_uri": "../x"},
        {"verifier_id": "portal"},
        {"policy": Resource("no uri", "0" * 64)},
        {"policy": Resource("https://portal.example/", "")},
        {"input_attestations": (Resource("urn:x:y", "1" * 63),)},
        {"not_after": NOW},
        {"not_before": NOW.replace(tzinfo=None)},
        {"hosts": ("",)},
        {"capabilities": ("",)},
        {"advisory_feeds": (FeedFacts("", 1, 1, demo=False),)},
        {"advisory_feeds": (FeedFacts("x", 1, -1, demo=False),)},
        {"advisory_feeds": (FeedFacts("x", 1, 1.5, demo=False),)},
        {"serial": "\ud800"},
        {"log": LogPosition("", 1)},
        {"log": LogPosition("log.example", -1)},
    ],
    ids=repr,
)
def test_build_statement_refuses_facts_of_a_wrong_form(facts, change):
    with pytest.raises(ValueError):
        build_statement(replace(facts, **change))


def test_issue_certificate_makes_what_the_verifier_accepts(facts, ring):
    envelope = issue_certificate(facts=facts, keys=ring)

    request = Request(ARTIFACT, NOW, facts.resource_uri)
    outcome = verify_unlogged(certificate=envelope, trust_root=ring.trust_root_bytes, request=request)

    assert outcome.valid
    assert (outcome.certificate.name, outcome.certificate.tier) == ("n8n-nodes-wéather", "moderate")
    assert (outcome.certificate.demo, outcome.certificate.log_index) == (True, 7)


def test_issue_certificate_signs_the_same_facts_to_the_same_bytes(facts, ring):
    assert issue_certificate(facts=facts, keys=ring) == issue_certificate(facts=facts, keys=ring)


def test_issue_certificate_refuses_demo_keys_for_anything_else(facts, ring):
    with pytest.raises(NotCertifiableError, match="a demo certificate needs the demo's keys"):
        issue_certificate(facts=replace(facts, demo=False), keys=ring)


def test_issue_certificate_refuses_production_keys_for_the_demo(facts, tmp_path):
    production = ensure_keys(tmp_path / "keys", demo=False, now=NOW)

    with pytest.raises(NotCertifiableError, match="a demo certificate needs the demo's keys"):
        issue_certificate(facts=replace(facts, verifier_id=production.verifier_id), keys=production)


def test_issue_certificate_refuses_another_verifiers_name(facts, ring):
    with pytest.raises(NotCertifiableError, match="not as https://other"):
        issue_certificate(facts=replace(facts, verifier_id="https://other.example/"), keys=ring)


def test_issue_certificate_refuses_a_place_in_another_log(facts, ring):
    with pytest.raises(NotCertifiableError, match=r"not for log\.example"):
        issue_certificate(facts=replace(facts, log=LogPosition("log.example", 7)), keys=ring)


def test_issue_certificate_refuses_what_would_not_verify(facts, ring):
    with pytest.raises(NotCertifiableError, match="at step validity"):
        issue_certificate(facts=replace(facts, time_verified=NOW.replace(2020)), keys=ring)


@pytest.mark.parametrize("part", ["certificate", "status_list", "log_proof", "trust_root"])
@pytest.mark.parametrize("data", [b"", b"rubbish", b'{"a":1, "b":2}'])
def test_build_bundle_refuses_what_is_not_in_its_one_form(facts, ring, part, data):
    envelope = issue_certificate(facts=facts, keys=ring)
    proof = tlog_proof(0, [], checkpoint(ring.log_origin, [b"{}"], ring.log))
    parts = {"certificate": envelope, "status_list": envelope, "log_proof": proof, "trust_root": ring.trust_root_bytes}

    assert build_bundle(log_entry=b"{}", **parts)
    with pytest.raises(ValueError):
        build_bundle(log_entry=b"{}", **{**parts, part: data})


def test_build_bundle_leaves_out_the_signatures_of_witnesses(facts, ring):
    envelope, witness = issue_certificate(facts=facts, keys=ring), Signer(Ed25519PrivateKey.generate())
    note = checkpoint(ring.log_origin, [b"{}"], ring.log)
    cosigned = note + signed_note("x\n", "witness.example", witness).rpartition("\n\n")[2]
    parts = {"certificate": envelope, "status_list": envelope, "trust_root": ring.trust_root_bytes, "log_entry": b"{}"}

    plain = build_bundle(log_proof=tlog_proof(0, [], note), **parts)

    assert cosigned != note
    assert build_bundle(log_proof=tlog_proof(0, [], cosigned), **parts) == plain


def test_build_bundle_refuses_a_proof_the_log_did_not_sign(facts, ring):
    envelope, other = issue_certificate(facts=facts, keys=ring), Signer(Ed25519PrivateKey.generate())
    proof = tlog_proof(0, [], checkpoint(ring.log_origin, [b"{}"], other))

    with pytest.raises(ValueError, match="not signed by the log"):
        build_bundle(
            certificate=envelope,
            log_entry=b"{}",
            log_proof=proof,
            status_list=envelope,
            trust_root=ring.trust_root_bytes,
        )
