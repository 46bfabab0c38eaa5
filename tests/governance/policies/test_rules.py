"""Reading a policy: what is refused, and that nothing is lost on the way."""

import copy
import json

import pytest
from jsonschema import Draft202012Validator

from governance.policies import PolicyInvalid, PolicyRules, baseline, read_policy
from governance.policies.validation import SCHEMA_PATH
from governance.vocabulary import Severity, Tier


@pytest.fixture
def document():
    return copy.deepcopy(baseline().to_dict())


def criterion(document, code):
    return next(rule for rule in document["criteria"] if rule["code"] == code)


def refusal(document):
    with pytest.raises(PolicyInvalid) as caught:
        PolicyRules.from_dict(document)
    return caught.value.messages


def test_policy_survives_a_round_trip_through_json(document):
    again = PolicyRules.from_dict(json.loads(json.dumps(document)))

    assert again == baseline()
    assert again.to_dict() == document


def test_policy_that_says_nothing_of_repeats_stays_as_it_is(document):
    del document["risk"]["repeat_percent"]

    assert PolicyRules.from_dict(document).to_dict() == document


def test_policy_digest_depends_on_content_and_not_on_order(document):
    reordered = dict(reversed(document.items()))
    changed = document | {"title": "Another"}

    assert PolicyRules.from_dict(reordered).digest == baseline().digest
    assert PolicyRules.from_dict(changed).digest != baseline().digest


def test_policy_reads_what_the_schema_describes(document):
    Draft202012Validator.check_schema(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))
    rules = PolicyRules.from_dict(document)

    assert rules.tiers[Tier.HIGH].sla_days[Severity.CRITICAL] == 3
    assert rules.checks["secrets"].required
    assert rules.risk.thresholds == {Tier.LOW: 0, Tier.MODERATE: 25, Tier.HIGH: 50, Tier.CRITICAL: 75}
    assert "static" in rules.risk.required_checks


@pytest.mark.parametrize(("score", "tier"), [(0, "low"), (24, "low"), (25, "moderate"), (74, "high"), (75, "critical")])
def test_tier_begins_at_its_lowest_score(score, tier):
    assert baseline().risk.tier_of(score) == tier


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expression": "package.licence != ''"}, "The fact 'licence' is not known"),
        ({"expression": "pakage.license != ''"}, "no fact named pakage"),
        ({"expression": "package.license =="}, "cannot be read"),
        ({"expression": "package.license"}, "neither true nor false"),
        ({"expression": "feed.age_days <= 7.5"}, "different types"),
        ({"expression": "(" * 900 + "1" + ")" * 900}, "nested too deeply"),
        ({"applies_when": "1 == '1'"}, "different types"),
        ({"evidence": "package.license"}, "not give a list"),
        ({"check": "astrology"}, "no check named astrology"),
    ],
)
def test_policy_with_a_bad_expression_is_refused_with_its_code(document, change, message):
    criterion(document, "META-04").update(change)

    messages = refusal(document)

    assert len(messages) == 1
    assert messages[0].startswith("Criterion META-04: ")
    assert message in messages[0]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda document: document["criteria"].append(document["criteria"][0]), "there are 2 of that code"),
        (lambda document: document["tiers"]["low"].update(min_score=5), "must be 0"),
        (lambda document: document["tiers"]["high"].update(min_score=10), "must rise"),
        (lambda document: document["tiers"]["low"].update(revalidation_days=400), "must not exceed"),
        (lambda document: document["risk"]["factors"]["missing_evidence"]["points"].update(declaration=1), "at least"),
        (lambda document: document.update(surprise=1), "surprise"),
        (lambda document: document.pop("risk"), "'risk' is a required property"),
        (lambda document: criterion(document, "SEC-01").pop("check"), "Criterion SEC-01"),
        (lambda document: criterion(document, "SEC-01").update(severity_ceiling="awful"), "severity_ceiling"),
        (lambda document: criterion(document, "PRIV-05").update(expression="true"), "Criterion PRIV-05, expression"),
    ],
)
def test_policy_that_contradicts_itself_is_refused(document, spoil, message):
    spoil(document)

    assert any(message in text for text in refusal(document))


@pytest.mark.parametrize("text", ["- a list", "{", "", "a: !!python/object:os.system x"])
def test_read_policy_refuses_what_is_no_policy(text):
    with pytest.raises(PolicyInvalid):
        read_policy(text)


def test_read_policy_takes_no_number_for_a_version(document):
    document["version"] = 2026.1

    assert refusal(document) == ("version: 2026.1 is not of type 'string'",)
