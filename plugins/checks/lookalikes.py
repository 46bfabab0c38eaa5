"""Findings about names that look like a well-known package's: of dependencies, and of the plugin itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.advisories.lookalikes import meant
from plugins.advisories.versions import NPM, PYPI
from plugins.checks.base import Finding
from plugins.package import SHIPPED_SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.package import Dependency, Package

RULE = "typosquat-suspect"
_ECOSYSTEMS = {"pkg:npm/": NPM, "pkg:pypi/": PYPI}


def lookalike_findings(check: str, package: Package) -> Iterator[Finding]:
    """One for each dependency whose name looks like another's; the one that reaches the platform stands for all."""
    seen: dict[tuple[str, str], Dependency] = {}
    for one in sorted(package.dependencies, key=lambda one: (one.scope not in SHIPPED_SCOPES, not one.direct)):
        seen.setdefault((one.ecosystem, one.name), one)
    for (ecosystem, name), one in seen.items():
        if target := meant(ecosystem, name):
            yield Finding(
                check=check,
                rule=RULE,
                severity=Severity.MEDIUM if one.scope in SHIPPED_SCOPES else Severity.LOW,
                title=f"{name} looks like {target}",
                path=one.path,
                line=one.line,
                snippet=name,
                detail=f"{target} is among the most used packages of {ecosystem}; {name} is not. One of them is meant.",
                remediation=f"If {target} is meant, ask for that. Else say in the note to the reviewers why {name} is.",
                cwe="CWE-506",
                symbol=f"{ecosystem}:{name}:{RULE}",
            )


def own_lookalike(package: Package) -> str | None:
    """The well-known package that the plugin's own name looks like."""
    ecosystem = next((ecosystem for prefix, ecosystem in _ECOSYSTEMS.items() if package.purl.startswith(prefix)), None)
    return meant(ecosystem, package.metadata.name) if ecosystem else None
