"""Test results and coverage that a package brings along: JUnit XML, Cobertura XML, LCOV. Read, never believed blindly.

Sources: the JUnit schema of Jenkins' xUnit plugin (`testsuite`, `testcase` with `failure`, `error` or `skipped`);
Cobertura's coverage-04.dtd (`line` with `hits`, counted once for each file and number); the tracefile format of
geninfo(1) (`SF`, `DA`, `LF`, `LH`). The files are a stranger's: they are read by expat without internal entities,
external ones or anything fetched, up to a size, a depth and a number of elements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from xml.parsers import expat

from plugins.documents import clean
from plugins.package import Coverage, Problem, TestResults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plugins.package import Declaration, SourceFile

MAX_BYTES = 16 * 1024 * 1024
_MAX_ELEMENTS = 400_000
_MAX_DEPTH = 64
_MAX_NAMED = 5
_MAX_DIGITS = 12
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""The start of an address; anything else in `test_evidence` is a path in the package."""
TOLERANCE = 1.0
"""Percentage points by which a declared coverage may lie above the report's: tools round."""

T = TypeVar("T")
_Attributes = dict[str, str]


class _Unreadable(Exception):
    """The text says why, in a few words."""


def is_address(stated: str) -> bool:
    """Whether a statement is an address and no path in the package."""
    return bool(_ADDRESS.match(stated))


def read_reports(
    declaration: Declaration, root: Path, files: tuple[SourceFile, ...]
) -> tuple[TestResults | None, Coverage | None, tuple[Problem, ...]]:
    """Read the reports a declaration names, if they are in the package. Raises nothing for what they hold.

    A file that cannot be read, and a contradiction between declaration and report, are Problems.
    """
    problems: list[Problem] = []
    here = _Reports(root, {file.path: file.size for file in files}, problems)
    results = here.read(declaration.test_evidence, "test-results-unreadable", _junit)
    coverage = here.read(declaration.coverage_report, "coverage-unreadable", _coverage)
    if declaration.coverage_report and declaration.coverage_report not in here.sizes:
        problems.append(Problem("coverage-report-absent", "The declared coverage report is not in the package."))
    if results:
        problems += _judged_results(results)
    if coverage:
        problems += _judged_coverage(coverage, declaration.test_coverage)
    return results, coverage, tuple(problems)


@dataclass(frozen=True, slots=True)
class _Reports:
    """The files of a package, and the list for what is wrong with those that are reports."""

    root: Path
    sizes: dict[str, int]
    problems: list[Problem]

    def read(self, path: str, rule: str, parse: Callable[[str, bytes], T | None]) -> T | None:
        """What `parse` makes of the file; None where it is not here or cannot be read, which is a Problem."""
        if is_address(path) or path not in self.sizes:
            return None
        try:
            return parse(path, self._bytes(path))
        except _Unreadable as reason:
            self.problems.append(Problem(rule, f"The declared report cannot be read: {reason}.", path))
            return None

    def _bytes(self, path: str) -> bytes:
        if self.sizes[path] > MAX_BYTES:
            raise _Unreadable(f"it is larger than {MAX_BYTES // 1024 // 1024} MiB")
        return self.root.joinpath(path).read_bytes()


def _judged_results(results: TestResults) -> Iterator[Problem]:
    if results.failed:
        named = ", ".join(ascii(name)[:60] for name in results.first_failed)
        message = f"{results.failed} of {results.total} tests failed, among them {named}."
        yield Problem("tests-failed", clean(message, 390), results.path)
    elif not results.total - results.skipped:
        yield Problem("tests-none-run", "The test results tell of no test that was run.", results.path)


def _judged_coverage(coverage: Coverage, declared: float | None) -> Iterator[Problem]:
    if declared is not None and declared > coverage.percent + TOLERANCE:
        message = f"{declared:g} % coverage is declared, but the report says {coverage.percent:g} %."
        yield Problem("coverage-contradicted", message, coverage.path)


def _junit(path: str, raw: bytes) -> TestResults | None:
    """Read JUnit XML; what is no XML, such as a page for people, is no test result that could be counted."""
    if not raw.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return None
    case, cases, bad, skipped = "", 0, dict[int, str](), set[int]()

    def opened(name: str, attributes: _Attributes, parents: list[str]) -> None:
        nonlocal case, cases
        if name == "testcase":
            case, cases = attributes.get("name", ""), cases + 1
        elif "testcase" in parents and name in {"failure", "error"}:
            bad[cases] = case
        elif "testcase" in parents and name == "skipped":
            skipped.add(cases)

    root = _parse(raw, opened)
    if root not in {"testsuites", "testsuite"}:
        raise _Unreadable("it is no JUnit XML")
    first = tuple(clean(name, 200) for name in list(bad.values())[:_MAX_NAMED])
    return TestResults(path, cases, len(bad), len(skipped - bad.keys()), first)


def _coverage(path: str, raw: bytes) -> Coverage:
    xml = raw.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
    seen = _cobertura(raw) if xml else _lcov(raw)
    if not seen:
        raise _Unreadable("it tells of no line")
    return Coverage(path, len(seen), sum(seen.values()))


def _cobertura(raw: bytes) -> dict[tuple[str, int], bool]:
    file, seen = "", dict[tuple[str, int], bool]()

    def opened(name: str, attributes: _Attributes, parents: list[str]) -> None:
        nonlocal file
        if name == "class":
            file = attributes.get("filename", "")
        elif name == "line" and parents[-1:] == ["lines"]:
            key = file, _number(attributes.get("number", ""))
            seen[key] = seen.get(key, False) or _number(attributes.get("hits", "")) > 0

    if _parse(raw, opened) != "coverage":
        raise _Unreadable("it is no Cobertura XML")
    return seen


def _lcov(raw: bytes) -> dict[tuple[str, int], bool]:
    file, seen = "", dict[tuple[str, int], bool]()
    for text in raw.decode("utf-8", "replace").splitlines():
        kind, _, value = text.strip().partition(":")
        if kind == "SF":
            file = value
        elif kind == "DA":
            number, _, rest = value.partition(",")
            key = file, _number(number)
            seen[key] = seen.get(key, False) or _number(rest.partition(",")[0]) > 0
        if len(seen) > _MAX_ELEMENTS:
            raise _Unreadable("it tells of too many lines")
    return seen


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_DIGITS:
        raise _Unreadable("a line or its number of hits is no number")
    return int(text)


def _parse(raw: bytes, opened: Callable[[str, _Attributes, list[str]], None]) -> str:
    """Go through the elements of an XML document; `opened` is told each with its parents. Gives the root's name."""
    parser = expat.ParserCreate()
    parents: list[str] = []
    root, count = "", 0

    def start(name: str, attributes: _Attributes) -> None:
        nonlocal root, count
        root, count = root or name, count + 1
        if len(parents) > _MAX_DEPTH or count > _MAX_ELEMENTS:
            raise _Unreadable("it is nested too deeply" if count <= _MAX_ELEMENTS else "it holds too many elements")
        opened(name, attributes, parents)
        parents.append(name)

    def doctype(_name: str, _system: str | None, _public: str | None, internal: int) -> None:
        if internal:
            raise _Unreadable("it defines entities of its own")

    def entity(*_given: object) -> None:
        raise _Unreadable("it defines entities of its own")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: parents.pop()
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(raw, True)  # noqa: FBT003 - expat's signature
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise _Unreadable("it is no well-formed XML") from error
    return root
