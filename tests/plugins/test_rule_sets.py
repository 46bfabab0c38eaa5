"""The rule set a check judged by, as its evidence names it."""

import pytest

from plugins.rule_sets import RuleSetFacts, rule_set_of

DIGEST = "sha256:" + "ab" * 32
FACTS = RuleSetFacts("GuardDog", "3.2.0", DIGEST, 55)


def test_it_comes_back_from_the_record_as_it_was():
    assert rule_set_of({"rule_set": FACTS.document(), "skipped": []}) == FACTS
    assert (FACTS.label, FACTS.short_digest) == ("GuardDog 3.2.0, 55 rules", "abababababab")


@pytest.mark.parametrize(("rules", "label"), [(None, "GuardDog 3.2.0"), (1, "GuardDog 3.2.0, 1 rule")])
def test_a_number_is_only_given_where_it_was_counted(rules, label):
    kept = {"rule_set": {**FACTS.document(), "rules": rules}}

    assert rule_set_of(kept).label == label


def test_older_runs_kept_it_in_three_keys():
    kept = {"rule_set": "GuardDog 3.2.0", "rule_set_digest": DIGEST, "rules": 55}

    assert rule_set_of(kept) == FACTS


@pytest.mark.parametrize(
    "evidence",
    [
        None,
        [],
        {},
        {"rules": [{"name": "x"}], "rules_digest": DIGEST},
        {"rule_set": 3},
        {"rule_set": "GuardDog 3.2.0"},
        {"rule_set": {"name": "GuardDog", "release": "3.2.0", "digest": 7, "rules": 1}},
        {"rule_set": {"name": "", "release": "3.2.0", "digest": DIGEST}},
    ],
)
def test_evidence_that_names_none_has_none(evidence):
    assert rule_set_of(evidence) is None
