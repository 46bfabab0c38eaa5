"""A certificate is written as the formats say, and is never handed out if our own verifier would refuse it."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from certification.attest.bundle import NotCertifiableError, build_bundle, issue_bundle
from certification.attest.keys import ensure_keys
from certification.attest.vsa import CertificateFacts, FeedFacts, PluginName, Resource, build_statement
from certification.verify.core import verify
from certification.verify.envelope import decode_base64
from governance.vocabulary import Tier

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
    ],
    ids=repr,
)
def test_build_statement_refuses_facts_of_a_wrong_form(facts, change):
    with pytest.raises(ValueError):
        build_statement(replace(facts, **change))


def test_issue_bundle_makes_what_the_verifier_accepts(facts, ring):
    bundle = issue_bundle(facts=facts, keys=ring)

    outcome = verify(bundle=bundle, trust_root=ring.trust_root_bytes, artifact_sha256=ARTIFACT, at=NOW)

    assert outcome.valid
    assert (outcome.certificate.name, outcome.certificate.tier) == ("n8n-nodes-wéather", "moderate")
    assert outcome.certificate.demo is True


def test_issue_bundle_fits_its_schema(facts, ring):
    schema = json.loads(SCHEMAS.joinpath("bundle.schema.json").read_text())
    bundle = json.loads(issue_bundle(facts=facts, keys=ring))
    statement = json.loads(decode_base64(bundle["certificate"]["payload"], "payload"))
    root = json.loads(decode_base64(bundle["trustRoot"]["payload"], "payload"))

    jsonschema.validate(bundle, schema, cls=jsonschema.Draft202012Validator)
    for part, document in (("statement", statement), ("trustRootDocument", root)):
        jsonschema.validate(
            document, {**schema["$defs"][part], "$defs": schema["$defs"]}, cls=jsonschema.Draft202012Validator
        )


def test_issue_bundle_signs_the_same_facts_to_the_same_bytes(facts, ring):
    assert issue_bundle(facts=facts, keys=ring) == issue_bundle(facts=facts, keys=ring)


def test_issue_bundle_refuses_demo_keys_for_anything_else(facts, ring):
    with pytest.raises(NotCertifiableError, match="a demo certificate needs the demo's keys"):
        issue_bundle(facts=replace(facts, demo=False), keys=ring)


def test_issue_bundle_refuses_production_keys_for_the_demo(facts, tmp_path):
    production = ensure_keys(tmp_path / "keys", demo=False, now=NOW)

    with pytest.raises(NotCertifiableError, match="a demo certificate needs the demo's keys"):
        issue_bundle(facts=replace(facts, verifier_id=production.verifier_id), keys=production)


def test_issue_bundle_refuses_another_verifiers_name(facts, ring):
    with pytest.raises(NotCertifiableError, match="not as https://other"):
        issue_bundle(facts=replace(facts, verifier_id="https://other.example/"), keys=ring)


def test_issue_bundle_refuses_what_would_not_verify(facts, ring):
    with pytest.raises(NotCertifiableError, match="at step validity"):
        issue_bundle(facts=replace(facts, time_verified=NOW.replace(2020)), keys=ring)


@pytest.mark.parametrize("envelope", [b"", b"rubbish", b'{"a":1, "b":2}'])
def test_build_bundle_refuses_what_is_not_canonical(ring, envelope):
    with pytest.raises(ValueError):
        build_bundle(envelope, ring.trust_root_bytes)
