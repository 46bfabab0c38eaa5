"""A detection rule as plain data, as the check and the hunts get it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from governance.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.vocabulary import Capability, Severity

LANGUAGES = ("javascript", "python", "php", "csharp", "shell")
"""What a rule may name; `javascript` stands for TypeScript, TSX and scripts in HTML too."""
FAMILIES = {"javascript": frozenset({"javascript", "typescript", "tsx", "html"}), "shell": frozenset({"shell"})}


class Kind(StrEnum):
    """How a rule looks for what it looks for."""

    AST_GREP = "ast-grep"
    YARA = "yara"
    REGEX = "regex"
    HOST = "host"
    DEPENDENCY = "dependency"


FORM = "1"
"""How rules are read; raised where the same rule comes to mean something else."""
FILE_KINDS = frozenset({Kind.AST_GREP, Kind.YARA, Kind.REGEX})
"""Kinds that read files; the others ask what is known of the package."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One revision of a rule. `files` are globs, separated by blanks; empty: every file."""

    code: str
    revision: int
    kind: Kind
    title: str
    body: str
    severity: Severity
    languages: tuple[str, ...] = ()
    files: str = ""
    cwe: str = ""
    message: str = ""
    remediation: str = ""
    capability: Capability | None = None
    monitored: bool = False
    """Its findings are shown and count for nothing."""
    altered: bool = False
    """What is stored is not what was tested: it is not run, and says so."""

    @property
    def key(self) -> str:
        """What tells revisions apart: one may be in force while the next is on trial."""
        return f"{self.code}@{self.revision}"

    @property
    def name(self) -> str:
        """The rule and its revision, for people: `npmrc-theft, revision 2`."""
        return f"{self.code}, revision {self.revision}"

    @property
    def digest(self) -> str:
        """SHA-256 over everything that decides what it finds and what is said of it."""
        return digest(
            {
                "code": self.code,
                "revision": self.revision,
                "kind": self.kind.value,
                "title": self.title,
                "body": self.body,
                "severity": self.severity.value,
                "languages": list(self.languages),
                "files": self.files,
                "cwe": self.cwe,
                "message": self.message,
                "remediation": self.remediation,
                "capability": self.capability.value if self.capability else "",
            }
        )

    def covers(self, path: str, language: str | None) -> bool:
        """Whether it is meant for a file: by its language if the rule names any, and by its globs if it has any."""
        if self.languages and not any(language in FAMILIES.get(name, {name}) for name in self.languages):
            return False
        globs, names = self.files.split(), (path, posixpath.basename(path))
        return not globs or any(fnmatchcase(name, glob) for glob in globs for name in names)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one run, in the order of their codes."""

    rules: tuple[Rule, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the rules and whether each is only monitored."""
        return digest({"rules": [[rule.digest, rule.monitored, rule.altered] for rule in self.rules], "engine": FORM})

    def of(self, kinds: Iterable[Kind]) -> tuple[Rule, ...]:
        """Those of some kinds that may be run."""
        wanted = frozenset(kinds)
        return tuple(rule for rule in self.rules if rule.kind in wanted and not rule.altered)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule found something at a place."""

    rule: Rule
    path: str = ""
    line: int = 0
    text: str = ""
    symbol: str = ""


@dataclass(slots=True)
class Search:
    """What a search found, and what it could not answer. `broken` is keyed by `Rule.key`, `unread` by path."""

    hits: list[Hit] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    """Why a rule gave no answer, as a clause: `took longer than 20 seconds`."""
    unread: dict[str, str] = field(default_factory=dict)
    """Why a file that a rule is meant for was not looked at."""
    blind: dict[str, set[str]] = field(default_factory=dict)
    """The same files by `Rule.key`: what each rule did not see."""
    examined: set[str] = field(default_factory=set)
    beyond: dict[str, int] = field(default_factory=dict)
    """Hits that were counted and not kept, by `Rule.key`."""
    cpu_seconds: float = 0.0
