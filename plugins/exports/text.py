"""A vetting report for a terminal. Text from the package is stripped of control characters before it is printed."""

from __future__ import annotations

from collections import Counter
from textwrap import shorten, wrap
from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.checks.changes import title
from plugins.origin import origin_document
from plugins.rule_sets import rule_set_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.capabilities import CapabilityUse, HostUse
    from plugins.checks.base import Finding
    from plugins.vetting import Report

RESET = "\x1b[0m"
COLOURS = {
    "passed": "\x1b[32m",
    "failed": "\x1b[31m",
    "inconclusive": "\x1b[33m",
    "errored": "\x1b[33m",
    "critical": "\x1b[1;31m",
    "high": "\x1b[31m",
    "medium": "\x1b[33m",
}
SHOWN = 40
HANGING = 4
"""Spaces by which the rest of a line stands further in than its start."""


def text_report(report: Report, *, colour: bool, width: int = 0) -> str:
    """The whole report; findings worst first, at most SHOWN of them, with the rest counted. No `width`, no wrapping."""
    lines = plain_lines(report, colour=colour)
    return "\n".join(part for line in lines for part in (folded(line, width) if width else [line]))


def folded(line: str, width: int) -> list[str]:
    """A line in pieces no longer than the terminal is wide; names and paths stay whole, to be copied."""
    indent = " " * (len(line) - len(line.lstrip()) + HANGING)
    if len(line) <= width:
        return [line]
    return wrap(
        line,
        width,
        subsequent_indent=indent,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )


def plain_lines(report: Report, *, colour: bool) -> Iterator[str]:
    """Its lines."""
    package, unpacked = report.intake.package, report.intake.unpacked
    yield f"{plain(package.metadata.name)} {plain(package.metadata.version)}  ({package.format})"
    yield f"  file     {plain(report.intake.filename)}, {unpacked.size:,} bytes, {len(package.code_files)} code files"
    yield f"  sha256   {unpacked.sha256}"
    yield f"  purl     {plain(package.purl)}"
    yield from _checks(report, colour)
    yield from _findings(report, colour)
    yield from _observed(report)
    yield from _changes(report)
    yield from _origin(report)
    yield from _criteria(report)
    yield ""
    yield f"Risk {report.risk.score}/100, tier {report.risk.tier.value}"
    for factor in report.risk.factors:
        if factor.points:
            yield f"  {factor.points:>3}  {plain(factor.reason)}"
    yield f"Verdict: {paint(report.verdict.value, colour)}. {plain(report.reason)}"


def _checks(report: Report, colour: bool) -> Iterator[str]:
    yield ""
    yield "Checks"
    for result in report.results:
        status = paint(f"{result.status.value:<14}", colour, key=result.status.value)
        counted = f"{result.examined:>6} examined  {result.duration_ms:>6} ms"
        yield f"  {result.code:<13} {status} {counted}  {plain(result.reason)}"
        if rules := rule_set_of(result.evidence):
            yield f"{'':<16}rules: {plain(rules.label)}, {plain(rules.digest)}"


def _findings(report: Report, colour: bool) -> Iterator[str]:
    found = sorted(
        (one for result in report.results for one in result.findings),
        key=lambda one: (-one.severity.rank, one.path, one.line),
    )
    counts = Counter(one.severity for one in found)
    yield ""
    yield "Findings  " + (
        ", ".join(f"{counts[severity]} {severity.value}" for severity in reversed(Severity) if counts[severity])
        or "none"
    )
    for one in found[:SHOWN]:
        yield from _finding(one, colour)
    if len(found) > SHOWN:
        yield f"  … and {len(found) - SHOWN} more; --format json shows all"
    watched = [one for result in report.results for one in result.monitored]
    if watched:
        yield f"Only monitored, counting for nothing  {len(watched)}"
        for one in watched[:SHOWN]:
            yield from _finding(one, colour)


def _finding(one: Finding, colour: bool) -> Iterator[str]:
    place = f"{one.path}:{one.line}" if one.line else one.path
    severity = paint(f"{one.severity.value:<8}", colour, key=one.severity.value)
    yield f"  {severity} {plain(one.title)}  [{one.check}/{plain(one.rule)}]"
    if place:
        yield f"           {plain(place)}"
    if one.remediation and one.severity.at_least(Severity.MEDIUM):
        yield f"           fix: {plain(one.remediation)}"


def _observed(report: Report) -> Iterator[str]:
    yield ""
    yield f"{'Capability':<24} declared  derived  in code  when run"
    for use in report.comparison.capabilities:
        where = f"{use.places[0].path}:{use.places[0].line}" if use.places else ""
        yield f"  {use.id.value:<22} {_sources(use)}  {plain(where)}"
    if report.comparison.hosts:
        yield f"{'Host':<24} declared  derived  in code  when run"
    for host in report.comparison.hosts:
        yield f"  {plain(host.host):<22} {_sources(host)}"


def _changes(report: Report) -> Iterator[str]:
    found = report.changes
    yield ""
    if found.before is None:
        yield "Changes  first version, nothing to compare with"
        return
    counts = found.file_counts or {}
    files = ", ".join(f"{counts.get(what, 0)} {what}" for what in ("added", "changed", "gone", "unchanged"))
    yield f"Changes against {plain(found.before.version)}  (files: {files})"
    for change in found.changes[:SHOWN]:
        yield f"  {change.severity.value:<8} {plain(title(change))}"
    if not found.changes:
        yield "  nothing but the bytes of files"
    if len(found.changes) > SHOWN:
        yield f"  … and {len(found.changes) - SHOWN} more; --format json shows all"


def _origin(report: Report) -> Iterator[str]:
    known = origin_document(report.results)
    yield ""
    if known is None:
        yield "Origin  not known: the check gave no result"
        return
    yield f"Origin  {'verified' if known['verified'] else 'not proven'}"
    if known["trust_problem"]:
        yield f"  {plain(known['trust_problem'])}"
    for one in known["statements"]:
        yield f"  {plain(one['document'])}: {'verified' if one['verified'] else 'not verified'}. {plain(one['reason'])}"
        for name in ("builder", "repository", "commit", "workflow"):
            if one[name]:
                yield f"    {name:<10} {plain(one[name])}"
    if source := known["source"]:
        yield f"  Source {plain(source['name'])}: {plain(source['problem'])}".rstrip(": ")
        if counts := source.get("counts"):
            yield "    " + ", ".join(f"{number} {plain(name)}" for name, number in counts.items() if number)


def _sources(use: CapabilityUse | HostUse) -> str:
    ran = f"{'not run':<8}" if use.dynamic is None else yes(use.dynamic)
    return f"{yes(use.declared)}       {yes(use.derived)}      {yes(use.static)}      {ran}"


def _criteria(report: Report) -> Iterator[str]:
    open_ones = [outcome for outcome in report.criteria if outcome.outcome.value in {"not_met", "unanswered"}]
    yield ""
    yield f"Criteria  {len(report.criteria) - len(open_ones)} of {len(report.criteria)} met or not applicable; open:"
    for outcome in open_ones:
        rule = report.policy.criterion(outcome.code)
        note = "" if rule.counts_in_vet else "  (not part of this verdict)"
        yield f"  {outcome.outcome.value.replace('_', ' '):<10} {rule.code:<8} {rule.title}{note}"


def plain(text: str) -> str:
    """One line without anything a terminal would obey."""
    return shorten("".join(char if char.isprintable() else " " for char in text), 400, placeholder="…")


def paint(text: str, colour: bool, *, key: str = "") -> str:
    """Colour a word by what it says."""
    code = COLOURS.get(key or text)
    return f"{code}{text}{RESET}" if colour and code else text


def yes(value: bool) -> str:
    """A mark of fixed width."""
    return "yes" if value else " - "
