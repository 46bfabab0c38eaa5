"""What is wrong with a rule: its form, its bounds, and how it does on its own examples, with the engines themselves.

The same engines as in a vetting run look at the examples, in the sandbox. A rule that hits harmless samples of every
kind has no bounds, whatever its examples say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from plugins.advisories.versions import NPM, normalise_name
from plugins.checks.static.ast_grep import LANGUAGES as PARSED
from plugins.detection import bodies, lists
from plugins.detection.lists import BodyInvalid
from plugins.detection.rule import FAMILIES, LANGUAGES, Kind, Search
from plugins.detection.searching import search
from plugins.package import Dependency, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plugins.detection.rule import Rule

EXAMPLES = 20
EXAMPLE_LIMIT = 20_000
SEPARATOR = re.compile(r"^\s*---\s*$", re.MULTILINE)
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_CWE = re.compile(r"CWE-[1-9][0-9]{0,4}", re.ASCII)
_DEPENDENCY = re.compile(r"(?P<ecosystem>npm|pypi):(?P<name>@?[^@=\s]+)(?:(?:@|==)(?P<version>\S+))?", re.IGNORECASE)

HARMLESS: dict[str, tuple[str, ...]] = {
    "javascript": (
        "export const answer = 42;\n",
        'function greet(name) {\n  return "Hello, " + name;\n}\nmodule.exports = { greet };\n',
    ),
    "python": ("ANSWER = 42\n", 'def greet(name: str) -> str:\n    return "Hello, " + name\n'),
    "php": ("<?php\n$answer = 42;\n", '<?php\nfunction greet($name) { return "Hello, " . $name; }\n'),
    "csharp": (
        "class Answer { const int Value = 42; }\n",
        'class Greeter { string Greet(string name) { return "Hello, " + name; } }\n',
    ),
    "shell": ("ANSWER=42\n", 'greet() {\n  echo "Hello, $1"\n}\n'),
    "": ("", "A plugin that greets people.\n", '{"name": "greeter", "version": "1.0.0"}\n', "a,b\n1,2\n"),
}
"""Small files no rule is about, by language; each holds what every file of its kind holds."""
LARGE = "The quick brown fox jumps over the lazy dog, 0123456789 times (or so).\n" * 15_000
"""A mebibyte of harmless text."""
SUFFIXES = {
    "javascript": "js",
    "typescript": "ts",
    "tsx": "tsx",
    "python": "py",
    "php": "php",
    "csharp": "cs",
    "shell": "sh",
}


@dataclass(frozen=True, slots=True)
class Examples:
    """What a rule must hit, and what it must not."""

    hits: tuple[str, ...]
    misses: tuple[str, ...]


@dataclass(slots=True)
class _Files:
    """Texts laid out as files, each under the languages a rule names."""

    root: Path
    names: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Path to (group, index in it)."""
    files: list[SourceFile] = field(default_factory=list)

    def add(self, group: str, texts: Sequence[str], languages: Sequence[str]) -> None:
        for index, text in enumerate(texts):
            for language in languages:
                path = f"{group}-{index}-{language or 'any'}.{SUFFIXES.get(language, 'txt')}"
                (self.root / path).write_text(text, encoding="utf-8", errors="replace")
                (self.root / path).chmod(0o644)
                self.names[path] = (group, index)
                self.files.append(SourceFile(path, len(text), "0" * 64, language or None))


def split(text: str, kind: str) -> tuple[str, ...]:
    """Examples out of one text: separated by lines of three dashes; of hosts and dependencies each line is one."""
    if kind in {Kind.HOST, Kind.DEPENDENCY}:
        text = text.replace("---", "\n")
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    parts = [part.strip("\r\n") for part in SEPARATOR.split(text.replace("\r\n", "\n"))]
    return tuple(part for part in parts if part.strip())


def joined(examples: Sequence[str]) -> str:
    """The one text again."""
    return "\n---\n".join(examples)


def problems(rule: Rule, examples: Examples) -> list[str]:
    """Everything wrong with a rule, in plain sentences; empty: it may be used. Raises SandboxUnavailable."""
    found = [*_form(rule), *_counted(examples)]
    return found or list(_tried(rule, examples))


def _form(rule: Rule) -> Iterator[str]:
    if not _CODE.fullmatch(rule.code):
        yield "The code has small letters, digits and single dashes only, such as npmrc-theft."
    if not rule.title.strip() or not rule.message.strip():
        yield "A rule needs a title and a message: whoever is blocked by it has to understand why."
    if rule.cwe and not _CWE.fullmatch(rule.cwe):
        yield "A CWE is written CWE-506."
    if unknown := [name for name in rule.languages if name not in LANGUAGES]:
        yield f"No engine here knows {', '.join(unknown)}; there are {', '.join(LANGUAGES)}."
    if rule.kind is Kind.AST_GREP and not rule.languages:
        yield "An ast-grep rule names the languages it is written for."
    if rule.kind in {Kind.HOST, Kind.DEPENDENCY} and (rule.languages or rule.files):
        yield f"A {rule.kind} rule asks what is known of the package: leave languages and files empty."
    if rule.capability and rule.kind is Kind.HOST:
        yield "A host shows no capability: leave it empty."
    if not rule.body.strip():
        yield "The rule has no body."
    elif len(rule.body) > bodies.BODY_LIMIT:
        yield f"The body is longer than {bodies.BODY_LIMIT:,} characters."
    else:
        yield from _body(rule)


def _body(rule: Rule) -> Iterator[str]:
    readers: dict[Kind, Callable[[], object]] = {
        Kind.AST_GREP: lambda: bodies.ast_grep(rule.body, rule.languages),
        Kind.YARA: lambda: bodies.yara(rule.body),
        Kind.REGEX: lambda: bodies.regex(rule.body),
        Kind.HOST: lambda: lists.hosts(rule.body),
        Kind.DEPENDENCY: lambda: lists.dependencies(rule.body),
    }
    try:
        readers[rule.kind]()
    except BodyInvalid as problem:
        yield str(problem)


def _counted(examples: Examples) -> Iterator[str]:
    for given, what in ((examples.hits, "must be hit"), (examples.misses, "must not be hit")):
        if not given:
            yield f"Give at least one example that {what}."
        if len(given) > EXAMPLES:
            yield f"There are {len(given)} examples that {what}; {EXAMPLES} are enough."
        if any(len(text) > EXAMPLE_LIMIT for text in given):
            yield f"An example is longer than {EXAMPLE_LIMIT:,} characters."


def _tried(rule: Rule, examples: Examples) -> Iterator[str]:
    if rule.kind is Kind.HOST:
        listed = lists.hosts(rule.body)
        yield from _compared(examples, lambda text: lists.host_hit(listed, text) is not None)
    elif rule.kind is Kind.DEPENDENCY:
        yield from _dependencies(rule, examples)
    else:
        with TemporaryDirectory(prefix="rule-") as folder:
            Path(folder).chmod(0o755)
            yield from _searched(rule, examples, Path(folder))


def _dependencies(rule: Rule, examples: Examples) -> Iterator[str]:
    bad = [text for text in (*examples.hits, *examples.misses) if not _DEPENDENCY.fullmatch(text)]
    if bad:
        yield f"The example {_short(bad[0])} names no dependency: write npm:name@1.2.3 or pypi:name==1.2.3."
        return
    listed = lists.dependencies(rule.body)
    yield from _compared(examples, lambda text: any(lists.dependency_hits(rule, listed, [_dependency(text)])))


def _dependency(text: str) -> Dependency:
    match = _DEPENDENCY.fullmatch(text)
    assert match is not None  # noqa: S101 - asked before
    ecosystem = lists.ECOSYSTEMS[match["ecosystem"].lower()]
    name, version = normalise_name(ecosystem, match["name"]), match["version"]
    requirement = "" if version is None else version if ecosystem == NPM else f"=={version}"
    return Dependency(ecosystem, name, requirement, pinned=version)


def _compared(examples: Examples, hit: Callable[[str], bool]) -> Iterator[str]:
    yield from _verdicts(
        examples, {index for index, text in enumerate(examples.hits) if hit(text)},
        {index for index, text in enumerate(examples.misses) if hit(text)},
    )  # fmt: skip


def _searched(rule: Rule, examples: Examples, root: Path) -> Iterator[str]:
    languages = _languages(rule)
    laid = _Files(root)
    laid.add("hit", examples.hits, languages)
    laid.add("miss", examples.misses, languages)
    groups = {name: HARMLESS[name] for name in (rule.languages if rule.kind is Kind.AST_GREP else HARMLESS)}
    for name, texts in groups.items():
        laid.add(f"harmless {name}", texts, _grammars(name))
    if rule.kind is not Kind.AST_GREP:  # what is slow shows on a large file only
        laid.add("large", (LARGE,), ("",))
    found = search([rule], root, laid.files, covers=lambda _rule, _file: True)
    if rule.key in found.broken:
        yield f"The rule {found.broken[rule.key]}."
        return
    touched = [laid.names[hit.path] for hit in found.hits]
    yield from _unparsed(laid, found, examples)
    yield from _verdicts(
        examples, {index for group, index in touched if group == "hit"},
        {index for group, index in touched if group == "miss"},
    )  # fmt: skip
    samples = {(name, index) for name, texts in groups.items() for index in range(len(texts))}
    hit = {(group.removeprefix("harmless "), index) for group, index in touched if group.startswith("harmless")}
    if len(hit) * 2 > len(samples):
        yield (
            f"The rule hits {len(hit)} of {len(samples)} harmless samples: it has no bounds and would hit all packages."
            " Say more of what you look for."
        )


def _languages(rule: Rule) -> tuple[str, ...]:
    """Under which languages an example is looked at."""
    if rule.kind is not Kind.AST_GREP:
        return ("",)
    return tuple(grammar for name in rule.languages for grammar in _grammars(name))


def _grammars(language: str) -> tuple[str, ...]:
    family = FAMILIES.get(language, frozenset({language}) & PARSED) - {"html"}
    return tuple(sorted(family)) or ("",)


def _unparsed(laid: _Files, found: Search, examples: Examples) -> Iterator[str]:
    for group, texts in (("hit", examples.hits), ("miss", examples.misses)):
        for index, text in enumerate(texts):
            paths = {path for path, name in laid.names.items() if name == (group, index)}
            if paths <= found.unread.keys():
                yield f"The example {_short(text)} could not be read: {next(found.unread[path] for path in paths)}."


def _verdicts(examples: Examples, hits: set[int], misses: set[int]) -> Iterator[str]:
    for index, text in enumerate(examples.hits):
        if index not in hits:
            yield f"The rule does not hit the example {_short(text)}, which it must."
    for index, text in enumerate(examples.misses):
        if index in misses:
            yield f"The rule hits the example {_short(text)}, which it must not."


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line[:60]}…”" if len(line) > 60 else f"“{line}”"  # noqa: PLR2004 - fits a sentence
