"""Our ast-grep rules: read from YAML, checked, and cut to what the engine needs.

A rule names `languages`, and at least one of `calls`, `reads`, `imports`, `opaque_imports` (canonical names: `a.b`,
`a.*`, `a.**`, `*.a.b`, see NameIndex; an opaque import counts only where no call of the module could be resolved) or
`ast` (an ast-grep rule, looked for where one of `words` is in the file). `where` and `unless` are ast-grep rules on
the node found. With a `severity` its hits are findings, with a `capability` they are observations; `examples` are run
by the tests only.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from governance.vocabulary import Capability, Severity

FOLDER = Path(__file__).resolve().parent.parent / "rules"
LANGUAGES = frozenset({"javascript", "python", "php", "csharp", "shell"})
"""`javascript` stands for TypeScript, TSX and scripts in HTML too."""
_ENGINE_KEYS = ("languages", "calls", "reads", "imports", "opaque_imports", "ast", "words", "where", "unless")
_MATCHERS = frozenset({"calls", "reads", "imports", "opaque_imports", "ast"})
_KEYS = frozenset({*_ENGINE_KEYS, "id", "severity", "capability", "cwe", "title", "message", "remediation", "examples"})


class RuleError(ValueError):
    """A rule file of ours is wrong; the message names the rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as people see its hits."""

    id: str
    title: str
    languages: tuple[str, ...]
    severity: Severity | None
    capability: Capability | None
    cwe: str
    message: str
    remediation: str


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules in order; `engine_rules[i]` is what the engine gets of `rules[i]`, and hits name `i`."""

    rules: tuple[Rule, ...]
    engine_rules: tuple[dict[str, Any], ...]
    digest: str
    """SHA-256 over the rule files, names and bytes, in order."""


@functools.cache
def load(folder: Path = FOLDER) -> RuleBook:
    """Read all rule files of a folder once a process. Raises RuleError."""
    digest = hashlib.sha256()
    documents: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.yaml")):
        data = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + data + b"\0")
        documents += _parse(path.name, data)
    rules = tuple(_rule(document) for document in documents)
    if len({rule.id for rule in rules}) != len(rules) or not rules:
        raise RuleError(f"no rules, or one id twice, in {folder.name}")
    engine = tuple({key: document[key] for key in _ENGINE_KEYS if key in document} for document in documents)
    return RuleBook(rules, engine, digest.hexdigest())


def examples(folder: Path = FOLDER) -> list[tuple[str, str, str, bool]]:
    """Every example of every rule: (rule id, language, code, whether the rule must hit)."""
    found = []
    for path in sorted(folder.glob("*.yaml")):
        for rule in _parse(path.name, path.read_bytes()):
            for kind, wanted in (("hit", True), ("miss", False)):
                found += [(rule["id"], rule["languages"][0], code, wanted) for code in rule["examples"][kind]]
    return found


def _parse(name: str, data: bytes) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    documents = yaml.load(data, Loader=loader)  # noqa: S506 - the C form of the safe loader, ten times faster
    if not isinstance(documents, list):
        raise RuleError(f"{name} is no list of rules")
    return documents


def _rule(document: dict[str, Any]) -> Rule:
    problem = _problem(document)
    if problem:
        raise RuleError(f"rule {document.get('id')}: {problem}")
    return Rule(
        id=document["id"],
        title=document["title"],
        languages=tuple(document["languages"]),
        severity=Severity(document["severity"]) if "severity" in document else None,
        capability=Capability(document["capability"]) if "capability" in document else None,
        cwe=document.get("cwe", ""),
        message=document.get("message", ""),
        remediation=document.get("remediation", ""),
    )


def _problem(document: dict[str, Any]) -> str:
    """What is wrong with a rule, or ""."""
    if not {"id", "title", "languages", "examples"} <= document.keys() or not document.keys() <= _KEYS:
        return "keys are missing or unknown"
    if not _MATCHERS & document.keys() or not set(document["languages"]) <= LANGUAGES:
        return "it matches nothing, or names an unknown language"
    if ("ast" in document) != bool(document.get("words")):
        return "an ast rule needs words that select the files, and nothing else does"
    if "severity" in document and not (document.get("cwe") and document.get("remediation")):
        return "a finding needs a CWE and a remediation"
    if not {"severity", "capability"} & document.keys():
        return "it has neither a severity nor a capability"
    return (
        ""
        if document["examples"].get("hit") and document["examples"].get("miss")
        else "it needs examples of both kinds"
    )
