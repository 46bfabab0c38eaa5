"""docs/state-machines.md says what the code does, over all pairs of states."""

import re
from itertools import product

import pytest
from django.apps import apps
from django_fsm import ConcurrentTransitionMixin, FSMFieldMixin, can_proceed

from tests.support.environment import ROOT

ROW = re.compile(r"\| `(?P<origin>\w+)` \| `(?P<target>\w+)` \| `(?P<method>\w+)` \| (?P<meaning>.+) \|")


def documented():
    """Model label to its moves: (origin, target) to (method, meaning); and where it starts."""
    tables = {}
    for section in (ROOT / "docs" / "state-machines.md").read_text().split("\n## ")[1:]:
        label, _line, text = section.partition("\n")
        moves = {(row["origin"], row["target"]): (row["method"], row["meaning"]) for row in ROW.finditer(text)}
        assert len(moves) == text.count("\n| `"), f"{label}: a row is listed twice or is out of form"
        tables[label] = (re.search(r"Starts as `(\w+)`", text)[1], moves)
    return tables


def machines():
    """Model label to (model, its state field)."""
    return {
        model._meta.label: (model, field)
        for model in apps.get_models()
        for field in model._meta.fields
        if isinstance(field, FSMFieldMixin) and not hasattr(model, "history_id")
    }


TABLES, MACHINES = documented(), machines()
PAIRS = [
    (label, origin, target)
    for label, (_model, field) in MACHINES.items()
    for origin, target in product((value for value, _text in field.choices), repeat=2)
]


def test_every_machine_is_documented():
    assert set(TABLES) == set(MACHINES)


@pytest.mark.parametrize(("label", "origin", "target"), PAIRS)
def test_the_document_says_which_moves_there_are(label, origin, target):
    model, field = MACHINES[label]
    moves = [move for move in field.get_all_transitions(model) if (move.source, move.target) == (origin, target)]
    listed = TABLES[label][1].get((origin, target))

    assert [move.name for move in moves] == ([listed[0]] if listed else [])
    for move in moves:
        row = model(**{field.name: origin})
        assert can_proceed(getattr(row, move.name))
        assert listed[1] == move.method.__doc__.strip().splitlines()[0]


@pytest.mark.parametrize("label", MACHINES)
def test_a_machine_starts_where_the_document_says_and_guards_itself(label):
    model, field = MACHINES[label]

    assert TABLES[label][0] == field.default
    assert issubclass(model, ConcurrentTransitionMixin)
    with pytest.raises(AttributeError):
        setattr(model(), field.name, field.default)


@pytest.mark.parametrize("label", MACHINES)
def test_the_database_knows_the_states(label):
    model, _field = MACHINES[label]

    names = [rule.name for rule in model._meta.constraints if rule.name.endswith("_state_known")]
    assert len(names) == 1
