"""A signed world of its own for each test: root, certifier, statement; each part can be bent before it is signed."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.attest.bundle import build_bundle
from certification.attest.dsse import Signer, sign_envelope
from certification.attest.trust_root import KeyEntry, build_trust_root, verifier_id
from certification.attest.vsa import CertificateFacts, FeedFacts, PluginName, Resource, build_statement
from certification.verify.canonical import canonical
from certification.verify.cli import main
from certification.verify.core import verify
from certification.verify.envelope import decode_base64
from certification.verify.names import STATEMENT_PAYLOAD, TRUST_ROOT_PAYLOAD, Environment

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ARTIFACT = b"the plugin as it was submitted"


def signer(seed):
    """Give a signer that is the same in every run."""
    return Signer(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest()))


@dataclass
class World:
    """What the tests sign with, and the usual documents."""

    environment: Environment = Environment.PRODUCTION
    root: Signer = field(default_factory=lambda: signer("root"))
    certifier: Signer = field(default_factory=lambda: signer("certifier"))

    @property
    def demo(self):
        return self.environment is Environment.DEMO

    def facts(self, **changes):
        usual = {
            "serial": "PW-2026-0001",
            "plugin": PluginName("n8n-nodes-weather", "1.2.0", "n8n-node"),
            "artifact_name": "n8n-nodes-weather-1.2.0.tgz",
            "artifact_sha256": hashlib.sha256(ARTIFACT).hexdigest(),
            "resource_uri": "pkg:npm/n8n-nodes-weather@1.2.0",
            "tier": "low",
            "time_verified": NOW,
            "not_before": NOW,
            "not_after": NOW + timedelta(days=90),
            "verifier_id": verifier_id(environment=self.environment, root_public=self.root.public),
            "verifier_version": {"plugwarden": "0.1.0", "bandit": "1.8.6"},
            "policy": Resource("https://portal.example/policy/2026.1", "0" * 64),
            "policy_version": "2026.1",
            "demo": self.demo,
            "input_attestations": (Resource("urn:plugwarden:check:static", "1" * 64, "static"),),
            "conditions": ("only in the sales environment",),
            "capabilities": ("network.outbound",),
            "hosts": ("api.weather.example",),
            "advisory_feeds": (FeedFacts("Starter feed", 30, 12, demo=True),),
        }
        return CertificateFacts(**{**usual, **changes})

    def statement(self, **changes):
        return json.loads(build_statement(self.facts(**changes)))

    def envelope(self, statement=None, *, by=None):
        payload = canonical(self.statement() if statement is None else statement)
        return sign_envelope(payload=payload, payload_type=STATEMENT_PAYLOAD, signer=by or self.certifier)

    def key(self, **changes):
        usual = {"public": self.certifier.public, "valid_from": NOW - timedelta(days=1), "valid_to": NOW.replace(2031)}
        return KeyEntry(**{**usual, **changes})

    def trust_root(self, *keys, **changes):
        usual = {"issued": NOW - timedelta(days=1), "expires": NOW.replace(2031), "environment": self.environment}
        return build_trust_root(root=self.root, keys=list(keys) or [self.key()], **{**usual, **changes})

    def bent_trust_root(self, bend):
        """Sign a trust root after `bend` has changed its document."""
        document = json.loads(payload_of(self.trust_root()))
        bend(document)
        return sign_envelope(payload=canonical(document), payload_type=TRUST_ROOT_PAYLOAD, signer=self.root)

    def bundle(self, statement=None, *, by=None, trust_root=None):
        return build_bundle(self.envelope(statement, by=by), trust_root or self.trust_root())


def payload_of(envelope):
    return decode_base64(json.loads(envelope)["payload"], "payload")


@pytest.fixture
def world():
    return World()


@pytest.fixture
def demo_world():
    return World(Environment.DEMO, signer("demo root"), signer("demo certifier"))


@pytest.fixture
def stranger():
    return World(Environment.PRODUCTION, signer("stranger's root"), signer("stranger's certifier"))


@pytest.fixture
def check(world):
    """Verify a bundle in the usual world: (failed step or None, message)."""

    def run(bundle=None, *, trust_root=None, artifact=ARTIFACT, at=NOW, expect_resource=None):
        outcome = verify(
            bundle=world.bundle() if bundle is None else bundle,
            trust_root=world.trust_root() if trust_root is None else trust_root,
            artifact_sha256=hashlib.sha256(artifact).hexdigest(),
            at=at,
            expect_resource=expect_resource,
        )
        assert outcome.valid is (outcome.failed is None)
        return outcome.failed, outcome.message

    return run


@pytest.fixture
def command(world, tmp_path, capsys):
    """Run the command line on files: (exit code, stdout, stderr)."""

    def run(*more, bundle=None, trust_root=None, artifact=ARTIFACT, at="2026-03-01T12:00:00Z"):
        arguments = []
        for name, content, usual in (
            ("bundle", bundle, world.bundle()),
            ("trust-root", trust_root, world.trust_root()),
            ("artifact", artifact, ARTIFACT),
        ):
            path = content if isinstance(content, Path) else tmp_path / name
            if not isinstance(content, Path):
                path.write_bytes(usual if content is None else content)
            arguments += [str(path)] if name == "bundle" else [f"--{name}", str(path)]
        code = main([*arguments, "--at", at, *more])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run
