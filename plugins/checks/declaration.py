"""Does the plugin do what it says, and only that? Runs after the others, on the comparison they made possible.

With a declaration, whatever it leaves out is medium; a host or a dangerous capability (`plugins.risk.DANGEROUS`) is
high, because the owner has been asked and did not say. Without one, the missing declaration is one medium finding and
what it would have had to say is low, medium for the dangerous capabilities: a public package whose author has never
heard of Plugwarden is not called a liar, and the criteria about it stay not met whatever the severity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.vocabulary import LABELS, Severity
from plugins.checks import statements
from plugins.checks.base import CheckResult, Finding, Workspace, conclude
from plugins.declaration import FILE_NAME
from plugins.evidence_files import declaration_path
from plugins.risk import DANGEROUS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.capabilities import CapabilityUse, Comparison, HostUse
    from plugins.package import Package

MAX_NAMED = 5
"""Places named in a finding's detail."""


@dataclass(frozen=True, slots=True)
class DeclarationCheck:
    """What is used and not declared, and what is declared and not used."""

    code: str = "declaration"
    version: str = "2"

    def compare(self, workspace: Workspace, comparison: Comparison) -> CheckResult:
        """Judge a comparison. Inconclusive where the code could not be read whole: then more may be undeclared."""
        findings = list(_findings(workspace.package, comparison))
        looked_at = len(comparison.capabilities) + len(comparison.hosts) + 1  # the declaration itself is the one
        undeclared = len(comparison.undeclared_capabilities) + len(comparison.undeclared_hosts)
        lead = "" if comparison.has_declaration else "There is no declaration. "
        return conclude(
            code=self.code,
            findings=findings,
            fail_on=workspace.fail_on,
            reason=f"{lead}{looked_at - 1} capabilities and hosts compared; {undeclared} not declared.",
            gaps=comparison.gaps,
            examined=looked_at,
            engine="plugwarden comparison",
            engine_version=self.version,
        )


def _findings(package: Package, comparison: Comparison) -> Iterator[Finding]:
    declared, path = comparison.has_declaration, declaration_path(package)
    if not declared:
        yield _finding(
            "declaration-missing",
            Severity.MEDIUM,
            "There is no declaration that can be read" if _refused(package) else "There is no declaration",
            f"Add {FILE_NAME} and say what the plugin does, whom it talks to and who supports it.",
        )
    yield from (_undeclared_capability(use, declared=declared) for use in comparison.undeclared_capabilities)
    yield from (_undeclared_host(use, declared=declared) for use in comparison.undeclared_hosts)
    for host in comparison.too_wide:
        yield _finding(
            "host-too-wide",
            Severity.MEDIUM,
            "A declared host covers nearly everything and so counts for nothing",
            "Name the hosts; a wildcard needs a fixed part of two labels, as in *.example.com.",
            path=path,
            snippet=host,
            symbol=host,
        )
    yield from statements.judge(package, comparison)
    if not comparison.gaps:
        yield from (_unused_capability(use, path) for use in comparison.unused_capabilities)
        yield from (_unused_host(use, path) for use in comparison.unused_hosts if use.host not in comparison.too_wide)


def _refused(package: Package) -> bool:
    """Whether a declaration was handed in, but is not valid: it counts as none."""
    return any(problem.rule == "declaration-invalid" for problem in package.problems)


def _undeclared_capability(use: CapabilityUse, *, declared: bool) -> Finding:
    dangerous = use.id in DANGEROUS
    severity = Severity.MEDIUM if declared or dangerous else Severity.LOW
    return _finding(
        "capability-undeclared",
        Severity.HIGH if declared and dangerous else severity,
        f"Not declared: {LABELS[use.id].lower()} ({use.id.value})",
        f"Add {use.id.value} to the capabilities in {FILE_NAME}, or take its use out.",
        symbol=use.id.value,
        **_where(use),
    )


def _undeclared_host(use: HostUse, *, declared: bool) -> Finding:
    name = f"{use.host}:{use.port}" if use.port else use.host
    return _finding(
        "host-undeclared",
        Severity.HIGH if declared else Severity.LOW,
        f"Not declared: the host {name}",
        f"Add the host to egress in {FILE_NAME} with its purpose and data classes, or take the call out.",
        symbol=name,
        **_where(use),
    )


def _unused_capability(use: CapabilityUse, path: str) -> Finding:
    return _finding(
        "capability-unused",
        Severity.INFO,
        f"Declared, but not seen: {LABELS[use.id].lower()} ({use.id.value})",
        "Take it out of the declaration if the plugin does not need it.",
        path=path,
        symbol=use.id.value,
    )


def _unused_host(use: HostUse, path: str) -> Finding:
    return _finding(
        "host-unused",
        Severity.INFO,
        f"Declared, but not seen: the host {use.host}",
        "Take it out of the declaration if the plugin does not talk to it.",
        path=path,
        symbol=f"{use.host}:{use.port}",
    )


def _where(use: CapabilityUse | HostUse) -> dict[str, object]:
    """Path and line of the first place, and the others in words; what has no place is told by who says so."""
    places, total = use.places, use.total
    if not places:
        return {"detail": "It was seen when the plugin ran." if use.dynamic else "The manifest says so."}
    named = ", ".join(f"{place.path}:{place.line}" if place.line else place.path for place in places[:MAX_NAMED])
    more = f" and {total - MAX_NAMED} more" if total > MAX_NAMED else ""
    return {"path": places[0].path, "line": places[0].line, "detail": f"Seen in {named}{more}."}


def _finding(rule: str, severity: Severity, title: str, remediation: str, **more: object) -> Finding:
    return Finding(
        check="declaration",
        rule=rule,
        severity=severity,
        title=title,
        remediation=remediation,
        **more,  # type: ignore[arg-type]
    )
