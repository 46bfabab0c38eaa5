"""Dataclasses survive being stored, and nothing else is taken for them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pytest

from governance.codec import Undecodable, decode, encode
from governance.vocabulary import Capability, Severity


@dataclass(frozen=True)
class Part:
    name: str
    severity: Severity
    seen: frozenset[Capability] = frozenset()


@dataclass(frozen=True)
class Whole:
    parts: tuple[Part, ...]
    on: date
    share: float
    note: str | None = None
    more: Mapping[str, object] = field(default_factory=dict)


WHOLE = Whole(
    (Part("a", Severity.HIGH, frozenset({Capability.ENV_READ, Capability.CODE_DYNAMIC})), Part("b", Severity.INFO)),
    date(2026, 11, 25),
    1.5,
    more={"x": [1, {"y": None}]},
)


def test_what_was_stored_comes_back_equal():
    assert decode(Whole, json.loads(json.dumps(encode(WHOLE)))) == WHOLE


def test_data_from_before_a_field_existed_is_read_with_its_default():
    data = encode(WHOLE)
    del data["note"], data["more"], data["parts"][1]["seen"]

    read = decode(Whole, data)
    assert (read.note, read.more, read.parts[1].seen) == (None, {}, frozenset())


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda data: data.pop("parts"), "Whole has not the fields"),
        (lambda data: data.update(extra=1), "Whole has not the fields"),
        (lambda data: data.update(parts={}), "Whole.parts is no list"),
        (lambda data: data.update(share=True), "Whole.share is no float"),
        (lambda data: data.update(on="soon"), "Whole.on is no date"),
        (lambda data: data.update(more=[]), "Whole.more is no object"),
        (lambda data: data["parts"][0].update(severity="grave"), "Whole.parts[0].severity is no Severity"),
        (lambda data: data["parts"][0].update(seen=["fly"]), "Whole.parts[0].seen[0] is no Capability"),
        (lambda data: data["parts"][0].update(name=1), "Whole.parts[0].name is no str"),
    ],
)
def test_anything_else_is_refused_with_its_place(spoil, where):
    data = encode(WHOLE)
    spoil(data)

    with pytest.raises(Undecodable, match=where.replace("[", r"\[").replace("]", r"\]")):
        decode(Whole, data)


def test_hostile_text_is_made_storable():
    assert encode("a\x00b\ud800c") == "a\ufffdb?c"
