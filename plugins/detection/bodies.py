"""Bodies of rules that read files: brought into the form the engines take, or refused in a sentence."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from plugins.detection.lists import BodyInvalid

BODY_LIMIT = 20_000
"""Characters of one body."""
REGEX_LIMIT = 2_000
YARA_MODULES = frozenset({"hash", "math", "string"})
"""Modules that only compute; the others parse executables or talk."""
_IMPORT = re.compile(r"import(?:\s|/\*.*?\*/|//[^\n]*\n)*\"([^\"]*)\"?", re.DOTALL)
_INCLUDE = re.compile(r"include(?:\s|/\*.*?\*/|//[^\n]*\n)*\"", re.DOTALL)
_ANYTHING = re.compile(r"(?<!\\)(?:\.|\[\\s\\S\]|\[\\S\\s\]|\[\\d\\D\]|\[\\w\\W\])(?:[*+]|\{\d*,\})")
_NAMED = ("calls", "reads", "imports")
_PARTS = ("constraints", "utils")
_CONDITIONS = ("where", "unless")
_MATCHERS = frozenset({*_NAMED, "rule"})
_KEYS = frozenset({*_MATCHERS, *_PARTS, *_CONDITIONS})


def ast_grep(body: str, languages: tuple[str, ...]) -> dict[str, Any]:
    """The rule as the ast-grep engine takes it. Raises BodyInvalid."""
    document = _yaml(body)
    if not isinstance(document, dict) or not document.keys() <= _KEYS:
        raise BodyInvalid(f"An ast-grep rule is a mapping with the keys {', '.join(sorted(_KEYS))} and no others.")
    if not _MATCHERS & document.keys():
        raise BodyInvalid("The rule matches nothing: it needs `rule`, or one of `calls`, `reads`, `imports`.")
    _demand_plain(document)
    _demand_fit(document)
    engine: dict[str, Any] = {"languages": list(languages)}
    engine |= {key: _names(key, document[key]) for key in _NAMED if key in document}
    # `all`, so that ast-grep's own regular expressions are used, which never go back
    engine |= {key: {"all": [document[key]]} for key in _CONDITIONS if key in document}
    if "rule" in document:
        engine |= {"ast": document["rule"], "words": [""]}
        engine |= {key: document[key] for key in _PARTS if key in document}
    return engine


def _demand_plain(document: dict[str, Any]) -> None:
    """YAML knows dates and sets; the engine takes what JSON can say."""
    try:
        json.dumps(document)
    except (TypeError, ValueError, RecursionError) as problem:
        raise BodyInvalid("The rule holds something that is neither text nor number: put it in quotes.") from problem


def _demand_fit(document: dict[str, Any]) -> None:
    for key in ("rule", *_PARTS, *_CONDITIONS):
        if key in document and not isinstance(document[key], dict):
            raise BodyInvalid(f"`{key}` is a mapping.")
    if "rule" not in document and (loose := [key for key in _PARTS if key in document]):
        raise BodyInvalid(f"`{loose[0]}` belongs to a `rule`.")
    if "rule" in document and (loose := [key for key in _CONDITIONS if key in document]):
        raise BodyInvalid(f"`{loose[0]}` belongs to `calls` and `reads`; in a `rule` write `all` and `not`.")


def _names(key: str, value: object) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise BodyInvalid(f"`{key}` is a list of names such as child_process.exec.")
    for name in value:
        if not name.strip("*. "):
            raise BodyInvalid(f"`{key}` names {name!r}, which has no bounds: it means every name.")
    return [str(name) for name in value]


def _yaml(body: str) -> object:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(body, Loader=loader)):
            raise BodyInvalid("The rule uses YAML aliases, which are not read.")
        return yaml.load(body, Loader=loader)  # noqa: S506 - the C form of the safe loader
    except (yaml.YAMLError, RecursionError) as problem:
        place = getattr(problem, "problem_mark", None)
        at = f" near line {place.line + 1}" if place else ""
        raise BodyInvalid(
            f"The rule is no YAML{at}: {getattr(problem, 'problem', None) or 'it nests without end'}."
        ) from problem


def yara(body: str) -> str:
    """YARA source without includes and with none but computing modules. Raises BodyInvalid."""
    for name in _IMPORT.findall(body):
        if name not in YARA_MODULES:
            allowed = ", ".join(sorted(YARA_MODULES))
            raise BodyInvalid(f"The rule imports the module {name!r}; only {allowed} may be imported.")
    if _INCLUDE.search(body):
        raise BodyInvalid("The rule includes another file; a rule stands for itself.")
    return body


def regex(body: str) -> str:
    """A regular expression in RE2's syntax, with bounds. Raises BodyInvalid."""
    pattern = body.strip()
    if "\n" in pattern:
        raise BodyInvalid("A regular expression is one line; for several, write several rules or an alternative a|b.")
    if len(pattern) > REGEX_LIMIT:
        raise BodyInvalid(f"The regular expression is longer than {REGEX_LIMIT} characters.")
    if found := _ANYTHING.search(pattern.replace("\\\\", "")):
        raise BodyInvalid(
            f"{found[0]!r} has no bounds and would match whole files: say how much may stand there, such as .{{0,80}}."
        )
    return pattern
