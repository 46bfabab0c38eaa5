"""No change to a bundle or a trust root goes unnoticed, whatever it is."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from certification.verify.canonical import canonical
from certification.verify.core import Request, verify
from certification.verify.errors import UnusableError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ARTIFACT = b"the plugin as it was submitted"
STEP = {"bundle": "bundle", "trust_root": "trust-root", "status_list": "status"}
"""Where each document is read."""
DOCUMENTS = ("bundle", "trust_root", "status_list")
quickly = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def judge(world, **changed):
    """Give the outcome's failed step, "unusable" or "valid"; anything else that is raised fails the test."""
    usual = {name: document(world, name) for name in DOCUMENTS} | {"artifact": ARTIFACT}
    inputs = {**usual, **changed}
    try:
        outcome = verify(
            bundle=inputs["bundle"],
            trust_root=inputs["trust_root"],
            request=Request(hashlib.sha256(inputs["artifact"]).hexdigest(), NOW),
            status_list=inputs["status_list"],
        )
    except UnusableError:
        return "unusable"
    return "valid" if outcome.valid else str(outcome.failed)


def document(world, name):
    return world.status_list(sequence=6) if name == "status_list" else getattr(world, name)()


@quickly
@given(name=st.sampled_from(DOCUMENTS), place=st.integers(0, 2**32), bit=st.integers(0, 7))
def test_verify_notices_any_flipped_bit(world, name, place, bit):
    data = bytearray(document(world, name))
    data[place % len(data)] ^= 1 << bit

    assert judge(world, **{name: bytes(data)}) != "valid"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_verify_notices_a_change_of_any_single_byte(world, name):
    inputs = {each: document(world, each) for each in DOCUMENTS}
    request = Request(hashlib.sha256(ARTIFACT).hexdigest(), NOW)
    unnoticed = []
    for place in range(len(inputs[name])):
        data = bytearray(inputs[name])
        data[place] ^= 1 << place % 8
        try:
            if verify(request=request, **{**inputs, name: bytes(data)}).valid:
                unnoticed.append(place)
        except UnusableError:
            continue

    assert unnoticed == []


@quickly
@given(place=st.integers(0, len(ARTIFACT) - 1), bit=st.integers(0, 7))
def test_verify_notices_any_flipped_bit_of_the_artifact(world, place, bit):
    data = bytearray(ARTIFACT)
    data[place] ^= 1 << bit

    assert judge(world, artifact=bytes(data)) == "subject"


@quickly
@given(
    name=st.sampled_from(DOCUMENTS),
    start=st.integers(0, 2**32),
    removed=st.integers(0, 8),
    added=st.one_of(st.binary(max_size=8), st.sampled_from([b" ", b"\n", b"\t", b",", b'"', b"{}", b"=", b"\\u0061"])),
)
@example(name="bundle", start=-1, removed=0, added=b"\n")
@example(name="trust_root", start=-1, removed=0, added=b"\n")
@example(name="status_list", start=-1, removed=0, added=b"\n")
@example(name="bundle", start=0, removed=0, added=b"\xef\xbb\xbf")
def test_verify_notices_any_edit(world, name, start, removed, added):
    data = document(world, name)
    at = len(data) if start < 0 else start % (len(data) + 1)
    edited = data[:at] + added + data[at + removed :]

    assert (judge(world, **{name: edited}) == "valid") is (edited == data)


@quickly
@given(name=st.sampled_from(DOCUMENTS), data=st.binary(max_size=200))
def test_verify_calls_anything_else_unusable(world, name, data):
    assert judge(world, **{name: data}) == "unusable"


def _reparse(data, **options):
    return json.dumps(json.loads(data), **options).encode()


def _backwards(value):
    if isinstance(value, dict):
        return {name: _backwards(member) for name, member in sorted(value.items(), reverse=True)}
    return [_backwards(member) for member in value] if isinstance(value, list) else value


SAME_MEANING = {
    "indented": lambda data: _reparse(data, indent=1),
    "spaced": lambda data: _reparse(data, sort_keys=True),
    "reordered": lambda data: json.dumps(_backwards(json.loads(data)), separators=(",", ":")).encode(),
    "newline at the end": lambda data: data + b"\n",
    "escaped letter": lambda data: data.replace(b'"payload"', b'"p\\u0061yload"', 1),
    "escaped slash": lambda data: data.replace(b"application/", b"application\\/", 1),
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("change", SAME_MEANING)
def test_verify_refuses_another_writing_of_the_same_document(world, name, change):
    changed = SAME_MEANING[change](document(world, name))

    assert json.loads(changed) == json.loads(document(world, name))
    assert judge(world, **{name: changed}) == STEP[name]


def _with(data, change):
    value = json.loads(data)
    change(value)
    return canonical(value)


def _envelope(name, value):
    return value["certificate"] if name == "bundle" else value


def _url_safe(envelope):
    envelope["signatures"][0]["sig"] = envelope["signatures"][0]["sig"].replace("+", "-").replace("/", "_")


def _padding_bits(envelope):
    """Set a bit that base64 decoders drop: 64 bytes leave four such bits in the last letter."""
    sig = envelope["signatures"][0]["sig"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    envelope["signatures"][0]["sig"] = sig[:-3] + alphabet[alphabet.index(sig[-3]) + 1] + "=="


BENT_ENVELOPES = {
    "extra member": lambda envelope: envelope.update(comment="harmless"),
    "missing payload": lambda envelope: envelope.pop("payload"),
    "empty payload": lambda envelope: envelope.update(payload=""),
    "payload no text": lambda envelope: envelope.update(payload=1),
    "no signature": lambda envelope: envelope.update(signatures=[]),
    "signatures no list": lambda envelope: envelope.update(signatures={}),
    "a hundred signatures": lambda envelope: envelope.update(signatures=envelope["signatures"] * 100),
    "the same signature twice": lambda envelope: envelope["signatures"].append(envelope["signatures"][0]),
    "a second signature": lambda envelope: envelope["signatures"].append(
        {"keyid": "0" * 64, "sig": envelope["signatures"][0]["sig"]}
    ),
    "extra member in the signature": lambda envelope: envelope["signatures"][0].update(cert="x"),
    "signature without keyid": lambda envelope: envelope["signatures"][0].pop("keyid"),
    "keyid in upper case": lambda envelope: envelope["signatures"][0].update(
        keyid=envelope["signatures"][0]["keyid"].upper()
    ),
    "signature too short": lambda envelope: envelope["signatures"][0].update(sig="AAAA"),
    "base64 with stray bits": _padding_bits,
    "base64 without padding": lambda envelope: envelope["signatures"][0].update(
        sig=envelope["signatures"][0]["sig"].rstrip("=")
    ),
    "base64 for addresses": _url_safe,
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("bend", BENT_ENVELOPES)
def test_verify_refuses_an_envelope_of_another_form(world, name, bend):
    data = document(world, name)
    changed = _with(data, lambda value: BENT_ENVELOPES[bend](_envelope(name, value)))

    assert changed != data
    assert judge(world, **{name: changed}) in {STEP[name], "signature"}


@pytest.mark.parametrize("extra", [{"tlogProof": "x"}, {"": 1}, {"trustroot": {}}, {"newerStatusList": {}}])
def test_verify_refuses_a_bundle_with_another_member(world, extra):
    assert judge(world, bundle=_with(world.bundle(), lambda value: value.update(extra))) == "bundle"


@pytest.mark.parametrize("member", ["certificate", "logEntry", "logProof", "statusList", "trustRoot"])
@pytest.mark.parametrize("value", [None, [], "text", {}])
def test_verify_refuses_a_bundle_whose_member_is_something_else(world, member, value):
    step = judge(world, bundle=_with(world.bundle(), lambda bundle: bundle.update({member: value})))

    assert step == ("inclusion" if (member, value) == ("logEntry", "text") else "bundle")


def test_verify_refuses_a_repeated_member(world):
    data = world.bundle()
    repeated = data.replace(b'"schema":', b'"schema":"plugwarden.bundle/v2","schema":', 1)

    assert judge(world, bundle=repeated) == "bundle"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'"plugwarden.bundle/v2"',
        b'{"schema":"plugwarden.bundle/v3"}',
        b'{"schema":"plugwarden.bundle/v2","x":NaN}',
        b'{"schema":"plugwarden.bundle/v2","x":-Infinity}',
        b'{"schema":"plugwarden.bundle/v2","x":1.5}',
        b'{"schema":"plugwarden.bundle/v2","x":1e999}',
        b'{"schema":"plugwarden.bundle/v2","x":123456789012345678}',
        b'{"schema":"plugwarden.bundle/v2","x":' + b"9" * 100_000 + b"}",
        b'{"schema":"plugwarden.bundle/v2","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"schema":"plugwarden.bundle/v2","x":' + b'{"x":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        b'{"schema":"plugwarden.bundle/v2","x":"\xff"}',
        '{"schema":"plugwarden.bundle/v2"}'.encode("utf-16"),
        b'{"schema":["plugwarden.bundle/v2"]}',
        b'{"schema":"plugwarden.bundle/v2"' + b" " * 4 * 1024 * 1024 + b"}",
    ],
    ids=lambda data: repr(data[:50]),
)
def test_verify_calls_hostile_json_unusable(world, data):
    assert judge(world, bundle=data) == "unusable"


def test_verify_refuses_text_that_no_utf_8_can_hold(world):
    assert judge(world, bundle=b'{"schema":"plugwarden.bundle/v2","x":"\\ud800"}') == "bundle"


def test_verify_refuses_nesting_just_below_the_parsers_limit(world):
    for depth in range(900, 1000, 7):
        data = b'{"schema":"plugwarden.bundle/v2","x":' + b"[" * depth + b"]" * depth + b"}"
        assert judge(world, bundle=data) in {"bundle", "unusable"}
