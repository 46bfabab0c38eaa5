"""The trust root is checked fully before anything is believed."""

import json
from pathlib import Path

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.attest.dsse import Signer, sign_envelope
from certification.verify.canonical import canonical
from certification.verify.envelope import decode_base64, encode_base64, keyid_of
from certification.verify.names import TRUST_ROOT_PAYLOAD

SCHEMAS = Path(__file__).parents[3] / "docs/schemas"
BENT = {
    "extra member": lambda root: root.update(note="x"),
    "missing member": lambda root: root.pop("expires"),
    "version 0": lambda root: root.update(version=0),
    "version true": lambda root: root.update(version=True),
    "version as text": lambda root: root.update(version="1"),
    "threshold 0": lambda root: root.update(threshold=0),
    "threshold above its keys": lambda root: root.update(threshold=2),
    "no root keys": lambda root: root.update(rootKeys=[]),
    "root key twice": lambda root: root["rootKeys"].append(root["rootKeys"][0]),
    "keyid of another key": lambda root: root["keys"][0].update(keyid=root["rootKeys"][0]["keyid"]),
    "root key as certifier": lambda root: root["keys"][0].update(root["rootKeys"][0]),
    "key twice": lambda root: root["keys"].append(root["keys"][0]),
    "key too short": lambda root: root["keys"][0].update(public="AAAA", keyid=keyid_of(bytes(3))),
    "key not canonical": lambda root: root["keys"][0].update(public=root["keys"][0]["public"].rstrip("=")),
    "other algorithm": lambda root: root["keys"][0].update(algorithm="rsa"),
    "other role": lambda root: root["keys"][0].update(role="everything"),
    "other status": lambda root: root["keys"][0].update(status="fine"),
    "extra member in a key": lambda root: root["keys"][0].update(note="x"),
    "other environment": lambda root: root.update(environment="staging"),
    "no log origin": lambda root: root.update(logOrigin=""),
    "log origin with a blank": lambda root: root.update(logOrigin="a b"),
    "log origin with a plus": lambda root: root.update(logOrigin="a+b"),
    "former root key still one": lambda root: root.update(formerRootKeys=root["rootKeys"]),
    "cut-off of a good key": lambda root: root["keys"][0].update(logCutoff=7),
    "compromised without cut-off": lambda root: root["keys"][0].update(status="compromised"),
    "cut-off below 0": lambda root: root["keys"][0].update(status="compromised", logCutoff=-1),
    "key ends before it begins": lambda root: root["keys"][0].update(validTo="2020-01-01T00:00:00Z"),
    "issued after it ends": lambda root: root.update(issued="2032-01-01T00:00:00Z"),
    "ends before it begins": lambda root: root.update(expires="2020-01-01T00:00:00Z"),
    "time with a zone": lambda root: root.update(issued="2026-02-28T12:00:00+00:00"),
    "keys no list": lambda root: root.update(keys={}),
    "key no object": lambda root: root.update(keys=["x"]),
}


@pytest.mark.parametrize("bend", BENT)
def test_verify_refuses_a_signed_trust_root_of_another_form(check, world, bend):
    assert check(world.bundle(), trust_root=world.bent_trust_root(BENT[bend]))[0] == "trust-root"


def test_verify_accepts_the_trust_root_the_bending_starts_from(check, world):
    assert check(trust_root=world.bent_trust_root(lambda root: None))[0] is None


def _signed_by(world, *signers, threshold):
    """Give a trust root with two root keys, of which `threshold` must sign, signed by these."""
    second = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))

    def both(root):
        root["threshold"] = threshold
        root["rootKeys"].append({"keyid": second.keyid, "algorithm": "ed25519", "public": encode_base64(second.public)})

    payload = decode_base64(json.loads(world.bent_trust_root(both))["payload"], "payload")
    envelopes = [
        json.loads(sign_envelope(payload=payload, payload_type=TRUST_ROOT_PAYLOAD, signer=each))
        for each in (world.root if name == "first" else second for name in signers)
    ]
    return canonical({**envelopes[0], "signatures": [each["signatures"][0] for each in envelopes]})


@pytest.mark.parametrize(
    ("signers", "threshold", "step"),
    [
        (["first", "second"], 2, None),
        (["first", "second"], 1, None),
        (["second"], 1, None),
        (["first"], 2, "trust-root"),
        (["first", "first"], 2, "trust-root"),
    ],
)
def test_verify_counts_the_root_keys_that_signed(check, world, signers, threshold, step):
    root = _signed_by(world, *signers, threshold=threshold)
    bundle = world.bundle() if step else world.bundle(trust_root=root)

    assert check(bundle, trust_root=root)[0] == step


def test_verify_refuses_a_trust_root_that_another_key_signed(check, world, stranger):
    payload = decode_base64(json.loads(world.trust_root())["payload"], "payload")
    forged = sign_envelope(payload=payload, payload_type=TRUST_ROOT_PAYLOAD, signer=stranger.root)

    step, message = check(world.bundle(), trust_root=forged)

    assert step == "trust-root"
    assert "does not know" in message


def test_verify_refuses_a_trust_root_whose_keys_were_exchanged_after_signing(check, world, stranger):
    envelope = json.loads(world.trust_root())
    root = json.loads(decode_base64(envelope["payload"], "payload"))
    root["keys"] = json.loads(decode_base64(json.loads(stranger.trust_root())["payload"], "payload"))["keys"]
    envelope["payload"] = encode_base64(canonical(root))

    step, message = check(stranger.bundle(), trust_root=canonical(envelope))

    assert step == "trust-root"
    assert "altered" in message


def test_a_trust_root_fits_its_schema_which_the_bundles_schema_repeats(world):
    schema = json.loads(SCHEMAS.joinpath("trust-root.schema.json").read_text())
    envelope = world.trust_root(world.key(status="compromised", log_cutoff=7))
    payload = decode_base64(json.loads(envelope)["payload"], "payload")
    part = {**schema["$defs"]["trustRootDocument"], "$defs": schema["$defs"]}

    jsonschema.validate(json.loads(envelope), schema, cls=jsonschema.Draft202012Validator)
    jsonschema.validate(json.loads(payload), part, cls=jsonschema.Draft202012Validator)
    bundle = json.loads(SCHEMAS.joinpath("bundle.schema.json").read_text())
    assert {name: bundle["$defs"][name] for name in schema["$defs"]} == schema["$defs"]


@pytest.mark.parametrize("bend", [{"status": "compromised"}, {"logCutoff": 7}, {"role": "revocation"}])
def test_the_schema_knows_when_a_key_has_a_cut_off(world, bend):
    schema = json.loads(SCHEMAS.joinpath("trust-root.schema.json").read_text())
    document = json.loads(decode_base64(json.loads(world.trust_root())["payload"], "payload"))
    document["keys"][0] |= bend
    part = {**schema["$defs"]["trustRootDocument"], "$defs": schema["$defs"]}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, part, cls=jsonschema.Draft202012Validator)
