"""What is wrong with a policy document: first its form, by the JSON Schema, then what a schema cannot say."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.policies.catalogue import example_facts
from governance.policies.expressions import problems_of
from governance.vocabulary import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SCHEMA_PATH = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "policy.v1.schema.json"
MAX_MESSAGES = 50
"""A document that is something else entirely should not fill a page."""


class PolicyInvalid(ValueError):
    """A policy document that is refused; `messages` are plain sentences, each naming its place."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = tuple(messages)
        super().__init__(" ".join(self.messages))


def problems(data: Mapping[str, Any]) -> list[str]:
    """Everything wrong with the document, in its order; empty when there is nothing. Runs no code of it but CEL."""
    found = list(_form_problems(data))
    if not found:
        found = [*_tier_problems(data), *_risk_problems(data), *_epss_problems(data), *_criteria_problems(data)]
    return found[:MAX_MESSAGES]


@lru_cache(maxsize=1)
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - start-up time: only readers of a policy need it

    return Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))


def _form_problems(data: Mapping[str, Any]) -> Iterator[str]:
    for error in sorted(_validator().iter_errors(data), key=lambda error: list(map(str, error.absolute_path))):
        path = list(error.absolute_path)
        if error.validator == "not":  # how the schema forbids a field to some kinds of criterion
            place = _place(data, [*path, *error.validator_value["required"]])
            yield f"{place}: this kind of criterion has no such field."
        else:
            yield f"{_place(data, path)}: {error.message[:300]}"


def _place(data: Mapping[str, Any], path: list[str | int]) -> str:
    """A place for people: a criterion by its code, anything else by its path."""
    if len(path) > 1 and path[0] == "criteria":
        rule = data["criteria"][path[1]]
        code = rule.get("code") if isinstance(rule, dict) else None
        name = f"Criterion {code}" if isinstance(code, str) else f"Criterion number {int(path[1]) + 1}"
        rest = ".".join(map(str, path[2:]))
        return f"{name}, {rest}" if rest else name
    return ".".join(map(str, path)) or "The document"


def _tier_problems(data: Mapping[str, Any]) -> Iterator[str]:
    scores = [data["tiers"][tier.value]["min_score"] for tier in Tier]
    if scores[0] != 0:
        yield "tiers.low.min_score: must be 0, so that every score has a tier."
    if any(low >= high for low, high in pairwise(scores)):
        yield "tiers: min_score must rise from low to critical."
    for tier in Tier:
        rule = data["tiers"][tier.value]
        if rule["revalidation_days"] > rule["validity_days"]:
            yield f"tiers.{tier.value}: revalidation_days must not exceed validity_days."
        if rule.get("auto_certify") and rule["approvals_needed"] > 1:
            yield f"tiers.{tier.value}: auto_certify does not go with more than one approval; four eyes are four eyes."


def _risk_problems(data: Mapping[str, Any]) -> Iterator[str]:
    points = data["risk"]["factors"]["missing_evidence"]["points"]
    fields = sum(value for key, value in points.items() if key not in {"declaration", "required_check", "other_check"})
    if points["declaration"] < fields:
        yield (
            "risk.factors.missing_evidence.points.declaration: must be at least the sum of the declared fields, "
            f"{fields}, or leaving the declaration out would lower the score."
        )


def _epss_problems(data: Mapping[str, Any]) -> Iterator[str]:
    levels = data["risk"].get("epss_from")
    if levels and levels["elevated"] >= levels["high"]:
        yield "risk.epss_from: elevated must be below high."


def _criteria_problems(data: Mapping[str, Any]) -> Iterator[str]:
    for code, count in Counter(rule["code"] for rule in data["criteria"]).items():
        if count > 1:
            yield f"Criterion {code}: there are {count} of that code."
    example = example_facts(data["checks"])
    for rule in data["criteria"]:
        for problem in _criterion_problems(rule, data["checks"].keys(), example):
            yield f"Criterion {rule['code']}: {problem}"


def _criterion_problems(rule: Mapping[str, Any], checks: Iterable[str], example: Mapping[str, object]) -> Iterator[str]:
    check = rule.get("check")
    if check and check not in checks:
        yield f"there is no check named {check} in this policy."
    for name in ("expression", "applies_when", "evidence"):
        if text := rule.get(name):
            for problem in problems_of(text, example, places=name == "evidence"):
                yield f"{name}: {problem}"
