"""A Sigstore instance of the tests' own: certificate authority, certificate log, transparency log; and what it signs.

Everything is really signed, so that a test can alter one thing and see that this one thing is refused.
"""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
REPOSITORY = "https://github.com/acme/nodes"
COMMIT = "5d2c8b1e" * 5
REF = "refs/tags/v1.4.0"
WORKFLOW = f"{REPOSITORY}/.github/workflows/release.yml@{REF}"
BUILDER = "https://github.com/actions/runner/github-hosted"
ISSUER = "https://token.actions.githubusercontent.com"
ARTIFACT = b"the bytes of the package"
PURL = "pkg:npm/n8n-nodes-acme@1.4.0"
IN_TOTO = "application/vnd.in-toto+json"
ARC = "1.3.6.1.4.1.57264.1."


def b64(data):
    return base64.b64encode(data).decode()


def der(key):
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pem(key):
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(key, message):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(message)
    return key.sign(message, ec.ECDSA(hashes.SHA256() if key.curve.name == "secp256r1" else hashes.SHA384()))


def pae(payload, kind=IN_TOTO):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def utf8(text):
    data = text.encode()
    size = bytes([len(data)]) if len(data) < 128 else bytes([0x81, len(data)])
    return b"\x0c" + size + data


def slsa_1(**changes):
    facts = {"builder": BUILDER, "repository": REPOSITORY, "ref": REF, "commit": COMMIT} | changes
    return "https://slsa.dev/provenance/v1", {
        "buildDefinition": {
            "buildType": "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
            "externalParameters": {
                "workflow": {
                    "ref": facts["ref"],
                    "repository": facts["repository"],
                    "path": ".github/workflows/release.yml",
                }
            },
            "resolvedDependencies": [
                {"uri": f"git+{facts['repository']}@{facts['ref']}", "digest": {"gitCommit": facts["commit"]}}
            ],
        },
        "runDetails": {"builder": {"id": facts["builder"]}},
    }


def slsa_0_2(**changes):
    facts = {"builder": "https://github.com/npm/cli@9.2.0", "repository": REPOSITORY, "commit": COMMIT} | changes
    return "https://slsa.dev/provenance/v0.2", {
        "buildType": "https://github.com/npm/cli/gha@v0",
        "builder": {"id": facts["builder"]},
        "invocation": {
            "configSource": {
                "uri": f"git+{facts['repository']}@{REF}",
                "digest": {"sha1": facts["commit"]},
                "entryPoint": "acme/nodes/.github/workflows/release.yml",
            }
        },
        "materials": [{"uri": f"git+{facts['repository']}", "digest": {"sha1": facts["commit"]}}],
    }


def statement(predicate=None, *, artifact=ARTIFACT, name=PURL, kind="https://in-toto.io/Statement/v1", digest=None):
    predicate_type, body = predicate or slsa_1()
    digest = {"sha512": hashlib.sha512(artifact).hexdigest()} if digest is None else digest
    return {
        "_type": kind,
        "subject": [{"name": name, "digest": digest}],
        "predicateType": predicate_type,
        "predicate": body,
    }


def payload_of(document):
    return document if isinstance(document, bytes) else json.dumps(document).encode()


@dataclass
class Instance:
    """One Sigstore instance."""

    root_key: object = field(default_factory=lambda: ec.generate_private_key(ec.SECP384R1()))
    key: object = field(default_factory=lambda: ec.generate_private_key(ec.SECP384R1()))
    log: object = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    certificate_log: object = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self):
        self.root = self._authority("acme root", "acme root", self.root_key, self.root_key)
        self.intermediate = self._authority("acme intermediate", "acme root", self.key, self.root_key)
        self.log_id = hashlib.sha256(der(self.log.public_key())).digest()
        self.certificate_log_id = hashlib.sha256(der(self.certificate_log.public_key())).digest()

    def _authority(self, name, issuer, key, signer):
        own, other = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, issuer))
        usage = dict.fromkeys(
            (
                "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "digital_signature",
                "encipher_only", "decipher_only",
            ),
            False,
        )  # fmt: skip
        builder = (
            x509.CertificateBuilder()
            .subject_name(own)
            .issuer_name(other)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=300))
            .not_valid_after(NOW + timedelta(days=3000))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        return builder.sign(signer, hashes.SHA384())

    def trusted_root(self, **changes):
        """As Sigstore's TUF repository gives it."""
        start = {"start": (NOW - timedelta(days=200)).isoformat().replace("+00:00", "Z")}

        def log(key, log_id):
            return {
                "baseUrl": "https://log.acme.example",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {"rawBytes": b64(der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": start},
                "logId": {"keyId": b64(log_id)},
            }

        chain = [{"rawBytes": b64(one.public_bytes(Encoding.DER))} for one in (self.intermediate, self.root)]
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.log.public_key(), self.log_id)],
            "certificateAuthorities": [{"certChain": {"certificates": chain}, "validFor": start}],
            "ctlogs": [log(self.certificate_log.public_key(), self.certificate_log_id)],
            "timestampAuthorities": [],
        } | changes

    def certificate(
        self, key, *, start=NOW - timedelta(minutes=1), names=None, fields=None, old=None, code=True, public=True
    ):
        """A signer's certificate as Fulcio issues it: ten minutes, a name, extensions, a promise of the log."""
        fields = {8: ISSUER, 9: WORKFLOW, 11: "github-hosted", 12: REPOSITORY, 13: COMMIT, 14: REF, 18: WORKFLOW} | (
            fields or {}
        )
        old = {1: ISSUER, 3: COMMIT, 5: "acme/nodes", 6: REF} | (old or {})
        usage = dict.fromkeys(
            (
                "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
                "crl_sign", "encipher_only", "decipher_only",
            ),
            False,
        )  # fmt: skip
        purpose = ExtendedKeyUsageOID.CODE_SIGNING if code else ExtendedKeyUsageOID.EMAIL_PROTECTION
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.intermediate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(minutes=10))
            .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(
                x509.SubjectAlternativeName(names or [x509.UniformResourceIdentifier(WORKFLOW)]), critical=True
            )
        )
        for number, text in old.items():
            if text:
                builder = builder.add_extension(_extension(number, text.encode()), critical=False)
        for number, text in fields.items():
            if text:
                builder = builder.add_extension(_extension(number, utf8(text)), critical=False)
        if public:
            builder = builder.add_extension(self._promise(builder, start), critical=False)
        return builder.sign(self.key, hashes.SHA384())

    def _promise(self, builder, at):
        """The certificate log's promise for what the certificate says without it, by RFC 6962."""
        contents = builder.sign(self.key, hashes.SHA384()).tbs_certificate_bytes
        milliseconds = int(at.timestamp() * 1000)
        issued_by = hashlib.sha256(der(self.key.public_key())).digest()
        message = (
            struct.pack("!BBQH", 0, 0, milliseconds, 1) + issued_by + len(contents).to_bytes(3, "big") + contents
        ) + b"\x00\x00"
        signature = sign(self.certificate_log, message)
        sct = b"\x00" + self.certificate_log_id + struct.pack("!QH", milliseconds, 0) + b"\x04\x03"
        sct += struct.pack("!H", len(signature)) + signature
        listed = struct.pack("!HH", len(sct) + 2, len(sct)) + sct
        octets = b"\x04" + (bytes([len(listed)]) if len(listed) < 128 else bytes([0x81, len(listed)])) + listed
        return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), octets)

    def entry(self, body, kind, version, *, at=NOW, proof=True, others=6, index=3):
        """An entry of the transparency log, among others."""
        data = json.dumps(body, separators=(",", ":")).encode()
        seconds = int(at.timestamp())
        promised = {"body": b64(data), "integratedTime": seconds, "logID": self.log_id.hex(), "logIndex": 1000 + index}
        message = json.dumps(promised, sort_keys=True, separators=(",", ":")).encode()
        entry = {
            "logIndex": str(1000 + index),
            "logId": {"keyId": b64(self.log_id)},
            "kindVersion": {"kind": kind, "version": version},
            "integratedTime": str(seconds),
            "inclusionPromise": {"signedEntryTimestamp": b64(sign(self.log, message))},
            "canonicalizedBody": b64(data),
        }
        if proof:
            leaves = [leaf(b"%d" % number) for number in range(others + 1)]
            leaves[index] = leaf(data)
            entry["inclusionProof"] = self.proof(leaves, index)
        return entry

    def proof(self, leaves, index):
        root = tree(leaves)
        text = f"log.acme.example - 42\n{len(leaves)}\n{b64(root)}\n"
        signature = b64(self.log_id[:4] + sign(self.log, text.encode()))
        return {
            "logIndex": str(index),
            "treeSize": str(len(leaves)),
            "rootHash": b64(root),
            "hashes": [b64(one) for one in path(leaves, index)],
            "checkpoint": {"envelope": f"{text}\n— log.acme.example {signature}\n"},
        }

    def signed(self, document=None, *, kind="dsse", at=NOW, proof=True, certificate=None, **issued):
        """Everything a signer comes away with: payload, signature, certificate, log entry."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = certificate(self, key) if certificate else self.certificate(key, **issued)
        payload = payload_of(document or statement())
        signature = sign(key, pae(payload))
        body, version = log_body(kind, payload, signature, made)
        return Signed(
            payload, signature, made.public_bytes(Encoding.DER), self.entry(body, kind, version, at=at, proof=proof)
        )


@dataclass
class Signed:
    payload: bytes
    signature: bytes
    certificate: bytes
    entry: dict

    def bundle(self, version="0.3"):
        """As a Sigstore bundle."""
        raw = {"rawBytes": b64(self.certificate)}
        old = version != "0.3"
        media = f"application/vnd.dev.sigstore.bundle+json;version={version}"
        return {
            "mediaType": media if old else "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                **({"x509CertificateChain": {"certificates": [raw]}} if old else {"certificate": raw}),
                "tlogEntries": [self.entry],
            },
            "dsseEnvelope": {
                "payload": b64(self.payload),
                "payloadType": IN_TOTO,
                "signatures": [{"sig": b64(self.signature), "keyid": ""}],
            },
        }

    def npm(self, version="0.3"):
        """As npm's registry gives it."""
        return {"attestations": [{"predicateType": "https://slsa.dev/provenance/v1", "bundle": self.bundle(version)}]}

    def attestation(self):
        """As a PEP 740 attestation object."""
        return {
            "version": 1,
            "verification_material": {
                "certificate": b64(self.certificate),
                "transparency_entries": [self.entry],
            },
            "envelope": {"statement": b64(self.payload), "signature": b64(self.signature)},
        }

    def provenance(self):
        """As PyPI's provenance object."""
        publisher = {"kind": "GitHub", "repository": "acme/nodes", "workflow": "release.yml"}
        return {"version": 1, "attestation_bundles": [{"publisher": publisher, "attestations": [self.attestation()]}]}


def log_body(kind, payload, signature, certificate):
    shown = b64(certificate.public_bytes(Encoding.PEM))
    digest = {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}
    if kind == "dsse":
        spec = {"payloadHash": digest, "signatures": [{"signature": b64(signature), "verifier": shown}]}
        return {"apiVersion": "0.0.1", "kind": kind, "spec": spec}, "0.0.1"
    if kind == "intoto":
        inner = {"payloadType": IN_TOTO, "signatures": [{"publicKey": shown, "sig": b64(b64(signature).encode())}]}
        spec = {"content": {"envelope": inner, "payloadHash": digest}}
        return {"apiVersion": "0.0.2", "kind": kind, "spec": spec}, "0.0.2"
    signed = {"algorithm": "sha256", "value": hashlib.sha256(pae(payload)).hexdigest()}
    spec = {"data": {"hash": signed}, "signature": {"content": b64(signature), "publicKey": {"content": shown}}}
    return {"apiVersion": "0.0.1", "kind": kind, "spec": spec}, "0.0.1"


def envelope(key, document=None, **changes):
    """A bare DSSE envelope signed with a key."""
    payload = payload_of(document or statement())
    return {
        "payload": b64(payload),
        "payloadType": IN_TOTO,
        "signatures": [{"keyid": "acme-ci", "sig": b64(sign(key, pae(payload)))}],
    } | changes


def trust_file(**fields):
    return json.dumps({"schema": "plugwarden.provenance-trust/v1"} | fields).encode()


def key_entry(key, **changes):
    return {"name": "acme ci", "pem": pem(key.public_key()), "builders": ["*"], "repositories": ["*"]} | changes


def leaf(data):
    return hashlib.sha256(b"\x00" + data).digest()


def tree(leaves):
    """The root of RFC 6962's tree, by its recursive definition."""
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return hashlib.sha256(b"\x01" + tree(leaves[:split]) + tree(leaves[split:])).digest()


def path(leaves, index):
    """The hashes beside a leaf's way to the root, by the recursive definition."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*path(leaves[:split], index), tree(leaves[split:])]
    return [*path(leaves[split:], index - split), tree(leaves[:split])]


def _split(size):
    return 1 << (size - 1).bit_length() - 1


def _extension(number, value):
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{ARC}{number}"), value)


@cache
def instance():
    """The instance that most tests trust."""
    return Instance()
