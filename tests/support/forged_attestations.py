"""Attestations with anything in them changed, and the one rule: what is verified was signed, by whom it says."""

import hashlib
import json
from functools import cache

from hypothesis import strategies as st

from plugins.provenance.documents import read_document
from plugins.provenance.judge import Artifact, judge
from plugins.provenance.strict import Unreadable
from plugins.provenance.trust import read_trust
from tests.plugins.provenance import forge

ARTIFACT = Artifact(
    hashlib.sha256(forge.ARTIFACT).hexdigest(),
    hashlib.sha512(forge.ARTIFACT).hexdigest(),
    forge.PURL,
    forge.REPOSITORY,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.just("AAAA"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@cache
def good():
    """Documents of every form and log entry that are verified as they are, and what was signed in them."""
    made = [
        forge.instance().signed(forge.statement(predicate), kind=kind)
        for kind in ("dsse", "intoto", "hashedrekord")
        for predicate in (forge.slsa_1(), forge.slsa_0_2())
    ]
    documents = [one for signed in made for one in (signed.bundle("0.1"), signed.npm(), signed.provenance())]
    return (
        documents,
        {signed.payload for signed in made},
        read_trust(json.dumps(forge.instance().trusted_root()).encode()),
    )


@st.composite
def changed(draw):
    """One of them with values put in, left out, or taken from another, or with bytes altered."""
    documents, _payloads, _root = good()
    document = json.loads(json.dumps(draw(st.sampled_from(documents))))
    for _ in range(draw(st.integers(1, 3))):
        _change(draw, document, documents)
    raw = bytearray(json.dumps(document).encode())
    for _ in range(draw(st.integers(0, 2))):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return bytes(raw)


def _change(draw, document, documents):
    place, way = document, []
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        way.append(key)
        if not isinstance(place[key], dict | list) or draw(st.integers(0, 5)) == 0:
            break
        place = place[key]
    match draw(st.sampled_from(["value", "drop", "other"])):
        case "value":
            place[key] = draw(VALUES)
        case "drop":
            del place[key]
        case "other":
            place[key] = _at(draw(st.sampled_from(documents)), way, place[key])


def _at(document, way, default):
    for key in way:
        try:
            document = document[key]
        except (LookupError, TypeError):
            return default
    return json.loads(json.dumps(document))


def examine(raw):
    """Judge it; whether anything was verified. Raises AssertionError where what is verified was never signed."""
    _documents, payloads, root = good()
    found = judge("x", raw, ARTIFACT, root)
    assert found
    try:
        parts = read_document(raw)
    except Unreadable:
        parts = ()
    for part, judged in zip(parts, found, strict=False):
        if judged.verified:
            assert part.bundle.envelope.payload in payloads
            assert judged.repository == forge.REPOSITORY
    assert parts or not any(judged.verified for judged in found)
    return any(judged.verified for judged in found)
