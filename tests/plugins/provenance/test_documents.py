"""The forms in which attestations come, and everything that is none."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.provenance import documents
from plugins.provenance.documents import MAX_PARTS, read_document
from plugins.provenance.judge import judge
from plugins.provenance.strict import Unreadable
from plugins.provenance.trust import read_trust
from tests.plugins.provenance import forge
from tests.plugins.provenance.judging import artifact, root
from tests.support import forged_attestations

KEY = ed25519.Ed25519PrivateKey.generate()
ENVELOPE = forge.envelope(KEY)


def forms(document):
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return [part.bundle.form if part.bundle else part.problem for part in read_document(raw)]


def test_every_form_is_known():
    made = forge.instance().signed()

    assert forms(ENVELOPE) == ["dsse"]
    assert forms(made.bundle("0.1")) == ["sigstore-0.1"]
    assert forms(made.npm("0.2")) == ["sigstore-0.2"]
    assert forms(made.bundle()) == ["sigstore-0.3"]
    assert forms(made.attestation()) == forms(made.provenance()) == ["pep740"]


def test_several_come_in_a_list_or_line_by_line():
    lines = b"\n".join(json.dumps(one).encode() for one in (ENVELOPE, forge.instance().signed().bundle()))

    assert forms([ENVELOPE, ENVELOPE]) == ["dsse", "dsse"]
    assert forms(lines + b"\n\n") == ["dsse", "sigstore-0.3"]


def test_one_that_cannot_be_read_does_not_hide_the_others():
    assert (
        forms([{"payload": "!"}, ENVELOPE]) == ["The envelope has no signature.", "dsse"]
        or forms([{"payload": "!"}, ENVELOPE])[1] == "dsse"
    )
    found = judge("x", json.dumps([{"payload": "!"}, ENVELOPE]).encode(), artifact(), root())
    assert [one.about for one in found] == [None, True]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"[]",
        b'"text"',
        b"[1]",
        b'{"payload": 1, "payload": 2}',
        b'{"attestation_bundles": [], "version": 2}',
        b'{"attestations": {}}',
        b"[" * 100_000,
        b"\x00",
        b"{}\nnot json",
        json.dumps([ENVELOPE] * (MAX_PARTS + 1)).encode(),
    ],
)
def test_file_that_is_none_is_refused_and_judged_as_not_verified(raw):
    with pytest.raises(Unreadable):
        read_document(raw)

    (found,) = judge("x", raw, artifact(), root())
    assert (found.verified, found.about) == (False, None)


def test_large_file_is_not_even_parsed(monkeypatch):
    monkeypatch.setattr(documents, "json_of", None)

    with pytest.raises(Unreadable, match="larger than 4 MiB"):
        read_document(b" " * (4 * 2**20 + 1))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.9"}, "of a version that is not known"),
        ({"mediaType": 3}, "of a version that is not known"),
        ({"verificationMaterial": None}, "no JSON object"),
        ({"verificationMaterial": {}}, "neither a certificate nor a key"),
        ({"verificationMaterial": {"x509CertificateChain": {"certificates": []}}}, "chain is empty"),
        ({"dsseEnvelope": []}, "no JSON object"),
    ],
)
def test_bundle_that_is_not_of_its_form_says_why(change, problem):
    (found,) = forms(forge.instance().signed().bundle() | change)

    assert problem in found


def test_bundle_of_a_bare_signature_is_no_statement():
    bundle = forge.instance().signed().bundle()
    del bundle["dsseEnvelope"]

    assert forms(bundle | {"messageSignature": {}}) == [
        "The bundle holds a bare signature, no statement about a build."
    ]


@pytest.mark.parametrize(
    "statement",
    [
        b"[]",
        b"{}",
        forge.statement(kind="https://in-toto.io/Statement/v9"),
        forge.statement() | {"subject": []},
        forge.statement() | {"subject": [{"name": "x"}]},
        forge.statement(digest={"sha256": "A" * 64}),
        forge.statement(digest={"sha256": "0" * 63}),
        forge.statement(digest={"sha512": 7}),
        forge.statement() | {"predicate": "text"},
        forge.statement() | {"predicateType": ""},
        b'{"_type": "https://in-toto.io/Statement/v1", "_type": "x"}',
    ],
)
def test_statement_that_is_not_of_its_form_is_never_verified(statement):
    trust = read_trust(forge.trust_file(keys=[forge.key_entry(KEY)]))

    (found,) = judge("x", json.dumps(forge.envelope(KEY, statement)).encode(), artifact(), trust)

    assert (found.verified, found.about) in {(False, None), (False, False)}
    assert found.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            [
                "attestations", "bundle", "mediaType", "payload", "payloadType", "signatures", "sig", "envelope",
                "verification_material", "transparency_entries", "certificate", "version", "attestation_bundles",
            ]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_whatever_is_handed_in_is_judged_and_nothing_of_it_passes(document):
    found = judge("x", json.dumps(document).encode(), artifact(), root())

    assert found
    assert not any(one.verified for one in found)


@settings(max_examples=200, deadline=None)
@given(forged_attestations.changed())
def test_what_is_verified_was_signed_whatever_is_changed(raw):
    forged_attestations.examine(raw)
