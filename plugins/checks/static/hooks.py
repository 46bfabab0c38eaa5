"""Install hooks as findings: code that runs before anyone has looked at the plugin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from governance.vocabulary import Capability, Severity
from plugins.checks.base import Finding, Observation, capability
from plugins.checks.static.report import CODE, redact

if TYPE_CHECKING:
    from plugins.package import InstallHook, Package

RULE = "install-hook"
_GUARD = re.compile(r"^(npx(?: -y| --yes)? )?only-allow(@[\w.^~-]+)? (pnpm|npm|yarn|bun)$")
_NORMAL = {
    "setup.py": "A source distribution's setup.py runs when it is built; wheels avoid it.",
    "build-backend": "The build backend runs when the source distribution is built; wheels avoid it.",
}


def judge(package: Package) -> tuple[list[Finding], list[Observation]]:
    """One finding and one observation for every install hook that intake found."""
    findings = [_finding(hook) for hook in package.install_hooks]
    seen = [
        capability(Capability.PROCESS_INSTALL_HOOK, hook.path, hook.line, redact(hook.command or hook.name))
        for hook in package.install_hooks
    ]
    return findings, seen


def _finding(hook: InstallHook) -> Finding:
    severity, detail = _judgement(hook)
    return Finding(
        check=CODE,
        rule=RULE,
        severity=severity,
        title=f"Code runs when the plugin is installed: {hook.name}",
        path=hook.path,
        line=hook.line,
        snippet=redact(hook.command or hook.name),
        detail=detail,
        remediation="Remove the hook: ship what it makes as part of the package.",
        cwe="CWE-829" if severity.at_least(Severity.MEDIUM) else "",
        symbol=f"{hook.kind}:{hook.name}",
    )


def _judgement(hook: InstallHook) -> tuple[Severity, str]:
    """How much an install hook matters by what it is, with the reason in words."""
    if hook.kind == "npm-script" and _GUARD.match(" ".join(hook.command.split())):
        return (
            Severity.INFO,
            "The hook only refuses other package managers; it is a widely used guard and changes nothing.",
        )
    if hook.kind in _NORMAL:
        return Severity.LOW, _NORMAL[hook.kind]
    return Severity.MEDIUM, "It runs with the rights of whoever installs the plugin, before the platform loads it."
