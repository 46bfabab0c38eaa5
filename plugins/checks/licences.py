"""Check `licences`: the plugin's own licence, and those of what it brings along or locks, against the policy's lists.

A dependency that is fetched on installation, by a range, has whatever licence its version of that day has: it is not
known here, and the result says for how many that is so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.policies.licences import LicenceRules
from governance.vocabulary import Severity
from plugins.checks.base import CheckResult, Finding, Workspace, conclude
from plugins.checks.licence_terms import Terms, judged
from plugins.package import SHIPPED_SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugins.package import Dependency, Package

CODE = "licences"
MAX_FINDINGS = 30
"""Of one rule; the rest is told in one."""
SHOWN = 100
"""Characters of a stranger's licence text in a sentence."""

DENIED, REVIEW, UNKNOWN, MISSING = "licence-denied", "licence-review", "licence-unknown", "licence-missing"
RULES = {"deny": DENIED, "review": REVIEW, "unknown": UNKNOWN}
SEVERITIES = {DENIED: Severity.HIGH, REVIEW: Severity.LOW, UNKNOWN: Severity.MEDIUM, MISSING: Severity.MEDIUM}
SAYS = {
    DENIED: "{what} is under {licence}, which the policy refuses",
    REVIEW: "{what} is under {licence}, which somebody has to agree to",
    UNKNOWN: "{what} states a licence nobody can place: {licence}",
    MISSING: "{what} states no licence",
}
REMEDIES = {
    DENIED: "Replace it, or get it under another licence. Where the choice is yours (OR), state the one you take.",
    REVIEW: "A reviewer agrees to the terms, or the policy manager adds the licence to a list of the policy.",
    UNKNOWN: "State the licence as an SPDX expression such as MIT or Apache-2.0 OR MIT.",
    MISSING: "State the licence as an SPDX expression: without one nobody may use it.",
}


@dataclass(frozen=True, slots=True)
class _Subject:
    """Something that has a licence, or should."""

    what: str
    symbol: str
    text: str
    path: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class LicencesCheck:
    """Licences that the policy refuses, that need a look, that cannot be read, and that are missing."""

    rules: LicenceRules = LicenceRules()  # noqa: RUF009 - frozen
    code: str = CODE
    version: str = "1"
    reads_files: bool = False

    def basis(self, _workspace: Workspace) -> str | None:
        """Done anew each time: it takes milliseconds, and the policy may have changed."""
        return None

    def applies_to(self, _package: Package) -> bool:
        """Every package has a licence, or lacks one."""
        return True

    def run(self, workspace: Workspace) -> CheckResult:
        """Judge every licence that is stated."""
        package = workspace.package
        shipped = [one for one in package.dependencies if one.scope in SHIPPED_SCOPES]
        here = [one for one in shipped if one.license or one.scope == "bundled"]
        subjects = [_own(package), *_unique(map(_of, here))]
        terms = [(subject, judged(subject.text, self.rules)) for subject in subjects]
        elsewhere = len({(one.ecosystem, one.name) for one in shipped} - {(one.ecosystem, one.name) for one in here})
        return conclude(
            code=self.code,
            findings=_findings(terms),
            fail_on=workspace.fail_on,
            reason=self._reason(len(subjects) - 1, elsewhere),
            examined=len(subjects),
            engine="license-expression",
            engine_version=self.version,
            evidence={
                "licences": dict(Counter(judgement.expression or "not read" for _, judgement in terms).most_common(50)),
                "not_known_here": elsewhere,
            },
        )

    def _reason(self, dependencies: int, elsewhere: int) -> str:
        listed = "" if self.rules != LicenceRules() else " The policy names none, so each that is known is taken."
        fetched = f" Of {elsewhere} more, fetched on installation, it is not known here." if elsewhere else ""
        return f"The plugin's own licence and those of {dependencies} dependencies were looked at.{fetched}{listed}"


def _own(package: Package) -> _Subject:
    return _Subject("The plugin", "", package.metadata.license.strip(), package.manifest_path)


def _of(one: Dependency) -> _Subject:
    what = f"{one.name} {one.pinned}" if one.pinned else one.name
    return _Subject(what, f"{one.ecosystem}:{one.name}", one.license.strip(), one.path, one.line)


def _unique(subjects: Iterable[_Subject]) -> list[_Subject]:
    """Each dependency once under the same licence, however often it lies in the package."""
    return list({(subject.symbol, subject.text): subject for subject in subjects}.values())


def _findings(terms: list[tuple[_Subject, Terms]]) -> Iterator[Finding]:
    counts: Counter[str] = Counter()
    for subject, judgement in terms:
        if judgement.opinion == "allow":
            continue
        rule = RULES[judgement.opinion] if subject.text else MISSING
        counts[rule] += 1
        if counts[rule] <= MAX_FINDINGS:
            yield _finding(rule, subject, judgement)
    for rule, count in counts.items():
        if count > MAX_FINDINGS:
            more = f"{count - MAX_FINDINGS} more: {rule.replace('-', ' ')}"
            yield Finding(CODE, rule, SEVERITIES[rule], more, symbol="more", remediation=REMEDIES[rule])


def _finding(rule: str, subject: _Subject, judgement: Terms) -> Finding:
    licence = judgement.expression or subject.text
    decisive = ", ".join(judgement.decisive)
    said = [f"Stated: {subject.text[:SHOWN]}." if subject.text and subject.text != licence else ""]
    said.append(f"It rests on {decisive[:SHOWN]}." if decisive and decisive != licence else "")
    return Finding(
        check=CODE,
        rule=rule,
        severity=SEVERITIES[rule],
        title=SAYS[rule].format(what=subject.what, licence=licence[:SHOWN]),
        path=subject.path,
        line=subject.line,
        snippet=subject.symbol or "own licence",
        detail=" ".join(part for part in said if part),
        remediation=REMEDIES[rule],
        symbol=subject.symbol,
    )
