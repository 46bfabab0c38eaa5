from types import SimpleNamespace

from plugins.admin.criteria import CriterionRow, criteria_view
from plugins.enums import Outcome


def row(code, outcome, *, blocking=False, answer=None):
    result = SimpleNamespace(outcome=outcome, criterion=SimpleNamespace(code=code, blocking=blocking))
    return CriterionRow(result, answer=answer)


def codes(rows):
    return [one.result.criterion.code for one in rows]


def test_what_is_not_met_stands_first_then_the_unanswered_and_blocking_ones_before_others():
    view = criteria_view(
        [
            row("A", Outcome.UNANSWERED),
            row("B", Outcome.MET),
            row("C", Outcome.NOT_MET),
            row("D", Outcome.UNANSWERED, blocking=True),
            row("E", Outcome.NOT_MET, blocking=True),
        ]
    )

    assert codes(view.open) == ["E", "C", "D", "A"]


def test_what_is_settled_is_folded_and_counted():
    view = criteria_view([row("A", Outcome.MET), row("B", Outcome.NOT_APPLICABLE), row("C", Outcome.MET)])

    assert [(fold.title, codes(fold.rows)) for fold in view.folds] == [
        ("2 met", ["A", "C"]),
        ("1 not applicable", ["B"]),
    ]
    assert view.open == ()


def test_a_persons_answer_settles_and_opens_again():
    answered = SimpleNamespace(outcome=Outcome.MET)
    doubted = SimpleNamespace(outcome=Outcome.NOT_MET)

    view = criteria_view([row("A", Outcome.UNANSWERED, answer=answered), row("B", Outcome.MET, answer=doubted)])

    assert codes(view.open) == ["B"]
    assert [codes(fold.rows) for fold in view.folds] == [["A"]]
