"""The owner's declaration, `plugin-governance.json`: read, checked against its schema, turned into plain facts."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Capability
from plugins.documents import Document, PackageRefused, clean, load_json, quote
from plugins.package import DataFlow, Declaration, EgressHost, FailureMode, Problem, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

    from plugins.package import SourceFile

FILE_NAME = "plugin-governance.json"
SCHEMA_PATH = Path(__file__).resolve().parents[1] / "docs" / "schemas" / "plugin-governance.v1.schema.json"
_MAX_MESSAGES = 20
_MAX_BYTES = 256 * 1024


class DeclarationInvalid(ValueError):
    """The declaration does not fit its schema. `messages` are plain sentences, `places` the keys they are about."""

    def __init__(self, messages: Iterable[str], places: Iterable[tuple[str, ...]] = ()) -> None:
        self.messages = tuple(messages)
        self.places = tuple(places)
        super().__init__(" ".join(self.messages))


def declaration_paths(files: Iterable[SourceFile]) -> list[str]:
    """Where a declaration lies: at the root, or in a wheel's `*.dist-info` folder."""
    candidates = (file.path for file in files if file.path.endswith(FILE_NAME))
    return [path for path in candidates if path == FILE_NAME or path.rpartition("/")[0].endswith(".dist-info")]


def load_declaration(root: Path, files: Iterable[SourceFile]) -> Document | None:
    """Read the document itself; raises PackageRefused where it is not JSON or there are two."""
    paths = declaration_paths(files)
    if len(paths) > 1:
        raise PackageRefused("duplicate-manifest", f"The package holds two declarations: {paths[0]} and {paths[1]}.")
    if not paths:
        return None
    raw = root.joinpath(paths[0]).read_bytes()
    if len(raw) > _MAX_BYTES:
        raise PackageRefused("manifest-too-large", f"{paths[0]} is larger than {_MAX_BYTES // 1024} KiB.")
    return load_json(raw, paths[0])


def read_declaration(root: Path, files: Iterable[SourceFile]) -> tuple[Declaration | None, tuple[Problem, ...]]:
    """Read the declaration of an unpacked tree, if there is one.

    One that does not fit the schema counts as none and gives a Problem (`declaration-invalid`) for each fault; one
    that is no JSON at all raises PackageRefused.
    """
    document = load_declaration(root, files)
    if document is None:
        return None, ()
    try:
        return parse_declaration(document.data), ()
    except DeclarationInvalid as error:
        return None, tuple(
            Problem("declaration-invalid", message, document.path, document.line(*place))
            for message, place in zip(error.messages, error.places, strict=True)
        )


def parse_declaration(data: Any) -> Declaration:
    """Turn a parsed JSON document into a Declaration; raises DeclarationInvalid with one sentence for each fault."""
    first = islice(_validator().iter_errors(data), _MAX_MESSAGES)
    errors = sorted(first, key=lambda error: [str(key) for key in error.absolute_path])
    if errors or not isinstance(data, dict):
        places = [tuple(str(key) for key in error.absolute_path) for error in errors]
        raise DeclarationInvalid([_message(error) for error in errors], places)
    return _build(data)


def _message(error: ValidationError) -> str:
    place = ".".join(str(key) for key in error.absolute_path) or "The declaration"
    if error.validator == "pattern" and isinstance(error.schema, dict):
        return clean(f"{place}: {quote(error.instance)} is none of these: {error.schema.get('description')}", 300)
    return clean(f"{place}: {error.message}.", 300)


def _build(data: dict[str, Any]) -> Declaration:
    support = data.get("support", {})
    coverage = data.get("test_coverage")
    failures = tuple(_failure(item) for item in data.get("failure_modes", ()))
    return Declaration(
        capabilities=frozenset(Capability(value) for value in data.get("capabilities", ())),
        egress=tuple(_egress(item) for item in data.get("egress", ())),
        secrets=tuple(clean(name) for name in data.get("secrets", ())),
        data_flows=tuple(_flow(item) for item in data.get("data_flows", ())),
        support_until=clean(support.get("until")),
        support_contact=clean(support.get("contact")),
        update_cadence=clean(data.get("update_cadence")),
        rollback_version=clean(data.get("rollback_version")),
        failure_mode=clean(data.get("failure_mode"))
        or clean(" ".join(f"{one.cause}: {one.behaviour}" for one in failures)),
        failure_modes=failures,
        env=tuple(data.get("env", ())),
        scenarios=tuple(_scenario(item) for item in data.get("scenarios", ())),
        test_command=clean(data.get("test_command")),
        test_evidence=clean(data.get("test_evidence")),
        coverage_report=clean(data.get("coverage_report")),
        test_coverage=None if coverage is None else float(coverage),
        load_evidence=clean(data.get("load_evidence")),
        reproducible_build=clean(data.get("reproducible_build")),
        raw=data,
    )


def _egress(item: dict[str, Any]) -> EgressHost:
    classes = tuple(clean(name) for name in item.get("data_classes", ()))
    return EgressHost(
        clean(item["host"]).lower().strip("[]"), int(item.get("port", 0)), clean(item.get("purpose")), classes
    )


def _flow(item: dict[str, Any]) -> DataFlow:
    return DataFlow(
        category=clean(item["category"]),
        purpose=clean(item["purpose"]),
        lawful_basis=clean(item.get("lawful_basis")),
        retention=clean(item.get("retention")),
        recipients=tuple(clean(name) for name in item.get("recipients", ())),
    )


def _scenario(item: dict[str, Any]) -> Scenario:
    return Scenario(clean(item["name"]), tuple(clean(step) for step in item.get("steps", ())), clean(item["expected"]))


def _failure(item: dict[str, Any]) -> FailureMode:
    return FailureMode(clean(item["cause"]), clean(item["behaviour"]))


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415 - start-up time: few packages declare

    checker = FormatChecker(formats=())
    checker.checks("date", raises=ValueError)(_is_date)
    return Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8")), format_checker=checker)


def _is_date(value: object) -> bool:
    return not isinstance(value, str) or dt.date.fromisoformat(value).isoformat() == value
