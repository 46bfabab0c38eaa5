"""What the owner, the native manifest and the code say beside capabilities and hosts: secrets, variables, locality."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.checks.base import Finding
from plugins.declaration import FILE_NAME
from plugins.evidence_files import declaration_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.capabilities import Comparison, HostUse
    from plugins.package import Package

CODE = "declaration"
_INNER = (".local", ".lan", ".home", ".internal", ".home.arpa")
_MAX_NAMED = 50


def judge(package: Package, comparison: Comparison) -> Iterator[Finding]:
    """Findings on what is stated; those on secrets and variables only where there is a declaration to compare with."""
    if package.declaration is not None:
        yield from _secrets(package)
        yield from _variables(package, comparison)
    if package.derived.local_only:
        yield from _beyond_local(package, comparison)


def _secrets(package: Package) -> Iterator[Finding]:
    declared = {_plain(name) for name in package.declaration.secrets} if package.declaration else set()
    for name in package.derived.secrets[:_MAX_NAMED]:
        if _plain(name) not in declared:
            yield Finding(
                CODE,
                "secret-undeclared",
                Severity.LOW,
                f"The manifest asks for a secret that is not declared: {name}",
                path=package.manifest_path,
                remediation=f"Add it to secrets in {FILE_NAME}.",
                symbol=name,
            )


def _plain(name: str) -> str:
    """Names are one's own choice: `acmeApi` and `AcmeApi` mean the same."""
    return re.sub(r"[\W_]", "", name).lower()


def _variables(package: Package, comparison: Comparison) -> Iterator[Finding]:
    for use in comparison.env[:_MAX_NAMED]:
        if use.seen and not use.declared:
            place = use.places[0]
            yield Finding(
                CODE,
                "env-undeclared",
                Severity.LOW,
                f"Not declared: the environment variable {use.name}",
                path=place.path,
                line=place.line,
                remediation=f"Add its name to env in {FILE_NAME}, or take its use out.",
                symbol=use.name,
            )
        elif not use.seen and not comparison.gaps:
            yield Finding(
                CODE,
                "env-unused",
                Severity.INFO,
                f"Declared, but not seen: the environment variable {use.name}",
                path=declaration_path(package),
                remediation="Take it out of the declaration if the plugin does not read it.",
                symbol=use.name,
            )


def _beyond_local(package: Package, comparison: Comparison) -> Iterator[Finding]:
    """Hosts in the internet, of a plugin whose manifest says that it stays at home."""
    for use in comparison.hosts:
        if (use.static or use.dynamic) and _in_the_internet(use):
            place = use.places[0] if use.places else None
            asked = bool(use.dynamic)
            yield Finding(
                CODE,
                "manifest-contradicted",
                Severity.HIGH if asked else Severity.MEDIUM,
                f"{package.derived.local_only}, but it {'asked for' if asked else 'names'} the host {use.host}",
                path=place.path if place else package.manifest_path,
                line=place.line if place else 0,
                remediation="State in the manifest what the plugin does, or take the host out.",
                symbol=f"{use.host}:{use.port}",
            )


def _in_the_internet(use: HostUse) -> bool:
    host = use.host
    if host.startswith("*"):
        return True
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_INNER)
