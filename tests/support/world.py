"""A signed world: keys of every role, and every document; each part can be bent before it is signed."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.attest.bundle import build_bundle
from certification.attest.dsse import Signer, sign_envelope
from certification.attest.status_list import list_payload
from certification.attest.trust_root import KeyEntry, build_trust_root, log_origin, verifier_id
from certification.attest.vsa import CertificateFacts, FeedFacts, LogPosition, PluginName, Resource, build_statement
from certification.verify.canonical import canonical
from certification.verify.envelope import decode_base64
from certification.verify.names import (
    STATEMENT_PAYLOAD,
    STATUS_LIST_PAYLOAD,
    TRUST_ROOT_PAYLOAD,
    Environment,
    Role,
)
from certification.verify.status import Entry, LogHead, ReasonClass, State, StatusList
from tests.support.trees import checkpoint, path_of, tlog_proof

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ARTIFACT = b"the plugin as it was submitted"
SERIAL = "PW-2026-0001"
INDEX, SIZE = 4, 7
"""Where the log has the certificate's entry, and how long the log is."""


def signer(seed):
    """Give a signer that is the same in every run."""
    return Signer(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest()))


@dataclass
class World:
    """What the tests sign with, and the usual documents."""

    environment: Environment = Environment.PRODUCTION
    root: Signer = field(default_factory=lambda: signer("root"))
    certifier: Signer = field(default_factory=lambda: signer("certifier"))
    log: Signer = field(default_factory=lambda: signer("log"))
    status: Signer = field(default_factory=lambda: signer("status"))

    @property
    def demo(self):
        return self.environment is Environment.DEMO

    @property
    def origin(self):
        return log_origin(environment=self.environment, root_public=self.root.public)

    @property
    def verifier_id(self):
        return verifier_id(environment=self.environment, root_public=self.root.public)

    def facts(self, **changes):
        usual = {
            "serial": SERIAL,
            "plugin": PluginName("n8n-nodes-weather", "1.2.0", "n8n-node"),
            "artifact_name": "n8n-nodes-weather-1.2.0.tgz",
            "artifact_sha256": hashlib.sha256(ARTIFACT).hexdigest(),
            "resource_uri": "pkg:npm/n8n-nodes-weather@1.2.0",
            "tier": "low",
            "time_verified": NOW,
            "not_before": NOW,
            "not_after": NOW + timedelta(days=90),
            "verifier_id": self.verifier_id,
            "verifier_version": {"plugwarden": "0.1.0", "bandit": "1.8.6"},
            "policy": Resource("https://portal.example/policy/2026.1", "0" * 64),
            "policy_version": "2026.1",
            "demo": self.demo,
            "log": LogPosition(self.origin, INDEX),
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

    def log_key(self, **changes):
        return self.key(**{"public": self.log.public, "role": Role.LOG, **changes})

    def status_key(self, **changes):
        return self.key(**{"public": self.status.public, "role": Role.STATUS, **changes})

    def trust_root(self, *certifiers, log=None, status=None, **changes):
        """A trust root; the keys that are not given are the usual ones."""
        usual = {"issued": NOW - timedelta(days=1), "expires": NOW.replace(2031), "environment": self.environment}
        keys = [*(certifiers or [self.key()]), log or self.log_key(), status or self.status_key()]
        return build_trust_root(root=self.root, keys=keys, **{**usual, **changes})

    def bent_trust_root(self, bend):
        """Sign a trust root after `bend` has changed its document."""
        document = json.loads(payload_of(self.trust_root()))
        bend(document)
        return sign_envelope(payload=canonical(document), payload_type=TRUST_ROOT_PAYLOAD, signer=self.root)

    def event(self, envelope, **details):
        """The log entry of issuing a certificate, as the portal's ledger writes it."""
        usual = {
            "certificate": hashlib.sha256(envelope).hexdigest(),
            "serial": SERIAL,
            "artifact": hashlib.sha256(ARTIFACT).hexdigest(),
        }
        return canonical({"verb": "certificate.issued", "entry": 40, "details": {**usual, **details}})

    def leaves(self, envelope, event=None):
        """The whole log: other entries, and the certificate's at its index."""
        others = [b'{"verb":"version.submitted","entry":%d}' % number for number in range(SIZE)]
        return [*others[:INDEX], self.event(envelope) if event is None else event, *others[INDEX + 1 :]]

    def proof(self, leaves, *, index=INDEX, by=None):
        return tlog_proof(index, path_of(leaves, index), checkpoint(self.origin, leaves, *(by or [self.log])))

    def listed(self, state="revoked", serial=SERIAL, **changes):
        """An entry of a status list."""
        usual = {"sha256": hashlib.sha256(ARTIFACT).hexdigest(), "reason": ReasonClass.POLICY, "at": NOW, "sequence": 4}
        return Entry(**{"serial": serial, "state": State(state), **usual, **changes})

    def status_list(self, *entries, by=None, bend=None, **changes):
        """A signed status list; `bend` changes its document first."""
        usual = {
            "environment": self.environment,
            "verifier_id": self.verifier_id,
            "sequence": 5,
            "this_update": NOW,
            "next_update": NOW + timedelta(days=91),
            "log": LogHead(self.origin, 3, bytes(32)),
            "entries": entries,
        }
        document = json.loads(list_payload(StatusList(**{**usual, **changes})))
        if bend:
            bend(document)
        payload = canonical(document)
        return sign_envelope(payload=payload, payload_type=STATUS_LIST_PAYLOAD, signer=by or self.status)

    def bundle(self, statement=None, *, envelope=None, by=None, trust_root=None, event=None, proof=None, status=None):
        envelope = envelope or self.envelope(statement, by=by)
        event = self.event(envelope) if event is None else event
        return build_bundle(
            certificate=envelope,
            log_entry=event,
            log_proof=proof or self.proof(self.leaves(envelope, event)),
            status_list=status or self.status_list(),
            trust_root=trust_root or self.trust_root(),
        )


def payload_of(envelope):
    return decode_base64(json.loads(envelope)["payload"], "payload")


def world_of(environment, whose):
    """A world with keys of its own."""
    return World(environment, *(signer(f"{whose} {role}") for role in ("root", "certifier", "log", "status")))
