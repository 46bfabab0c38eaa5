"""How the answers about dependencies become findings: weights, titles, and what to do about each.

Weights. A fault that is known to be exploited counts as critical, any other as its advisory says: of an affected
pinned dependency. One that only *could resolve* to an affected version counts one step less: whether it does depends on
the day it is installed. Development, peer and build dependencies are not installed with the plugin: theirs count as low
when pinned, as info when they could resolve. Malware is the exception: somebody does install it, so it loses one step
for each of the two and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.advisories.matching import AFFECTED, LOCKED, LOWEST
from plugins.advisories.requirements import Kind
from plugins.advisories.severity import lowered
from plugins.advisories.versions import ADDRESS, SUPPORTED
from plugins.checks.base import Finding
from plugins.checks.exploited import exploitation_words

if TYPE_CHECKING:
    from plugins.advisories.matching import Answer, Match

CODE = "dependencies"
NOT_INSTALLED = frozenset({"dev", "peer", "build"})
CWE_VULNERABLE = "CWE-1395"
CWE_MALICIOUS = "CWE-506"
CWE_UNCONTROLLED = "CWE-829"
LABEL_LIMIT = 80
SHOWN_FIXES = 4


def advisory_finding(answer: Answer, match: Match) -> Finding:
    """The finding for one fault of one dependency."""
    return _finding(
        answer,
        rule=_rule(match),
        severity=weighted(match, answer.dependency.scope),
        title=_title(answer, match),
        detail=_detail(answer, match),
        remediation=_remediation(answer, match),
        cwe=CWE_MALICIOUS if match.malicious else CWE_VULNERABLE,
        lead=match.id,
    )


def requirement_finding(answer: Answer) -> Finding | None:
    """The finding for the way a dependency is asked for, or None where there is nothing to say."""
    requirement = answer.requirement
    if requirement.ecosystem == ADDRESS:
        return _direct_url(answer)
    if requirement.ecosystem not in SUPPORTED:
        return _unmatched(answer)
    if requirement.kind is Kind.LOCAL:
        return _unresolvable(answer, "It points to the author's own machine or workspace, not to a registry.")
    if requirement.kind is Kind.ADDRESS:
        return _direct_url(answer)
    if requirement.kind is Kind.ANY and not requirement.pinned and answer.dependency.scope not in NOT_INSTALLED:
        return _wildcard(answer)
    return None


def disagreement_finding(answer: Answer, only_ours: list[str], only_theirs: list[str]) -> Finding:
    """Our matcher and pip-audit see a pin differently; both opinions already count, this one says so."""
    parts = [
        f"only Plugwarden's matcher: {', '.join(only_ours)}" if only_ours else "",
        f"only pip-audit: {', '.join(only_theirs)}" if only_theirs else "",
    ]
    return _finding(
        answer,
        rule="matcher-disagreement",
        severity=Severity.INFO,
        title=f"{label(answer)}: the two matchers disagree",
        detail=f"Named by {'; '.join(part for part in parts if part)}. All of them count as findings.",
        remediation="A reviewer compares the advisory with the version in use.",
        lead="disagreement",
    )


def weighted(match: Match, scope: str) -> Severity:
    """The severity of the finding; the module's text says how it comes about."""
    uncertain, elsewhere = match.kind != AFFECTED, scope in NOT_INSTALLED
    severity = Severity.CRITICAL if match.exploited_since else match.severity
    severity = lowered(severity) if uncertain else severity
    if not elsewhere:
        return severity
    if match.malicious:
        return lowered(severity)
    ceiling = Severity.INFO if uncertain else Severity.LOW
    return min(severity, ceiling, key=lambda value: value.rank)


def label(answer: Answer) -> str:
    """The dependency as people name it: with the version where it is pinned, else with the requirement."""
    requirement = answer.requirement
    what = requirement.pinned or requirement.text or "(any version)"
    alias = f" (as {_short(answer.dependency.name)})" if requirement.name != answer.dependency.name else ""
    return f"{_short(requirement.name)}{alias} {_short(what)}"


def _finding(
    answer: Answer,
    *,
    rule: str,
    severity: Severity,
    title: str,
    detail: str,
    remediation: str,
    lead: str,
    cwe: str = "",
) -> Finding:
    """Fill what all have in common. The version is kept out of the identity, so that a bump does not make it new."""
    requirement, dependency = answer.requirement, answer.dependency
    return Finding(
        check=CODE,
        rule=rule,
        severity=severity,
        title=title,
        path=dependency.path,
        line=dependency.line,
        snippet=_short(dependency.name),
        detail=detail,
        remediation=remediation,
        cwe=cwe,
        symbol=f"{requirement.ecosystem}:{requirement.name}:{lead}",
    )


def _rule(match: Match) -> str:
    if match.malicious:
        return "malicious-dependency" if match.kind == AFFECTED else "possibly-malicious-dependency"
    return "vulnerable-dependency" if match.kind == AFFECTED else "possibly-vulnerable-dependency"


def _title(answer: Answer, match: Match) -> str:
    cve = next((name for name in match.aliases if name.startswith("CVE-")), "")
    names = " / ".join(name for name in (match.id, cve) if name)
    certain = match.kind == AFFECTED or answer.dependency.scope == LOCKED
    could = "" if certain else "could resolve to a version with "
    separator = ": " if certain else " "
    summary = f": {match.summary}" if match.summary else ""
    exploited = " (known exploited)" if match.exploited_since else ""
    return f"{label(answer)}{separator}{could}{names}{exploited}{summary}"


def _detail(answer: Answer, match: Match) -> str:
    said = [exploitation_words(match), f"Also known as {', '.join(match.aliases[:20])}." if match.aliases else ""]
    if match.severity_stated:
        said.append(f"The advisory's severity is {match.severity}.")
    else:
        said.append(f"Severity not given by the advisory; {match.severity} is assumed.")
    if match.kind != AFFECTED and answer.dependency.scope == LOCKED:
        said.append(
            "It was built with this version, by a lock file that does not bind whoever installs the package: one step"
            " less severe than if it did."
        )
    elif match.kind != AFFECTED:
        example = f", {match.example} for one" if match.example != LOWEST else ""
        said.append(
            f"The requirement allows affected versions{example}, so it depends on the day of the installation:"
            " one step less severe than if it were pinned there."
        )
    if answer.dependency.scope in NOT_INSTALLED:
        said.append(f"A {answer.dependency.scope} dependency is not installed with the plugin and weighs less.")
    return " ".join(part for part in said if part)


def _remediation(answer: Answer, match: Match) -> str:
    name = _short(answer.requirement.name)
    if match.malicious:
        return f"Remove {name}, and treat every machine and credential it may have met as compromised."
    if not match.fixed:
        return f"No fixed version of {name} is known: replace it, or show that the fault cannot be reached."
    if match.kind == AFFECTED:
        others = match.fixed[1:SHOWN_FIXES]
        also = f" (or, of newer lines, {', '.join(others)})" if others else ""
        return f"Upgrade {name} to {match.fixed[0]} or later{also}."
    if answer.dependency.scope == LOCKED:
        return f"Build and test with {name} {match.fixed[0]} or later, and ask for it where you ask for what needs it."
    if match.upgrade:
        return f"Raise the lower bound of {name} to >= {match.upgrade}, which the requirement allows already."
    return f"The requirement allows no version that fixes it: move {name} to >= {match.fixed[-1]}."


def _unresolvable(answer: Answer, why: str) -> Finding:
    return _finding(
        answer,
        rule="unresolvable-dependency",
        severity=_for_scope(answer, Severity.MEDIUM),
        title=f"{label(answer)} cannot be compared with any advisory",
        detail=f"{why} What gets installed is unknown, and so is what is wrong with it.",
        remediation="Publish the dependency to a registry and ask for it by name and version, or ship it inside.",
        cwe=CWE_UNCONTROLLED,
        lead="unresolvable",
    )


def _unmatched(answer: Answer) -> Finding:
    registry = _short(answer.requirement.ecosystem)
    return _finding(
        answer,
        rule="unmatched-registry",
        severity=Severity.LOW,
        title=f"{label(answer)} is of {registry}, about which no advisories are kept",
        detail="Nothing is known here of its faults; that none is named says nothing.",
        remediation="A reviewer looks up by hand what is known of it.",
        cwe=CWE_UNCONTROLLED,
        lead="unmatched",
    )


def _direct_url(answer: Answer) -> Finding:
    return _finding(
        answer,
        rule="direct-url-dependency",
        severity=_for_scope(answer, Severity.MEDIUM),
        title=f"{label(answer)} is fetched from an address, past the registry",
        detail="No advisory names what lies there, and whoever controls the address can change it at any time.",
        remediation="Ask for a released version from the registry.",
        cwe=CWE_UNCONTROLLED,
        lead="address",
    )


def _wildcard(answer: Answer) -> Finding:
    return _finding(
        answer,
        rule="wildcard-dependency",
        severity=Severity.LOW,
        title=f"{label(answer)} may resolve to any version",
        detail="Without a bound, whatever was published last is installed, unreviewed.",
        remediation="Give a lower and an upper bound, for example the major version the plugin was tested with.",
        cwe=CWE_UNCONTROLLED,
        lead="wildcard",
    )


def _for_scope(answer: Answer, severity: Severity) -> Severity:
    return Severity.LOW if answer.dependency.scope in NOT_INSTALLED else severity


def _short(text: str) -> str:
    clean = "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
    return clean if len(clean) <= LABEL_LIMIT else clean[: LABEL_LIMIT - 1] + "…"
