"""A version as far as two versions are compared: made from a run that is under way, or from a stored report.

Both ways give the same picture of the same bytes; a test holds them together.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Tier
from plugins.checks.base import NO_RESULT
from plugins.origin import verified_statement
from plugins.risk import native_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plugins.capabilities import Comparison
    from plugins.checks.base import CheckResult
    from plugins.package import Package

MAX_FILES = 5000
"""Files that are listed with their digests in a report; the rest is counted."""
HANDLED_ELSEWHERE = frozenset({"capabilities", "secrets"})
"""Parts of the declaration that are compared entry by entry and not as a whole."""
COMPARED_CHECKS = frozenset({"static", "dependencies"})
"""Checks without whose result something that is there may be missing in the picture."""
SHIPPED = frozenset({"runtime", "optional", "bundled", "peer", "locked"})


@dataclass(frozen=True, slots=True)
class Dependency:
    """A dependency that reaches the platform: what is asked for, and the advisories that hit it."""

    requirement: str
    advisories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """What is compared of one version. *Seen* is what manifest, code or run shows."""

    version: str
    sha256: str
    tier: Tier
    author: str = ""
    origin: str = ""
    """The repository and builder that a verified statement names, without the version's own ref; empty: not proven."""
    declared_capabilities: frozenset[str] = frozenset()
    seen_capabilities: frozenset[str] = frozenset()
    declared_hosts: frozenset[str] = frozenset()
    seen_hosts: frozenset[str] = frozenset()
    declared_secrets: frozenset[str] = frozenset()
    seen_secrets: frozenset[str] = frozenset()
    dependencies: Mapping[str, Dependency] = field(default_factory=dict)
    declaration: Mapping[str, str] = field(default_factory=dict)
    """Digest of each part of the declaration, by its key."""
    findings: frozenset[str] = frozenset()
    """Fingerprints."""
    install_hooks: frozenset[str] = frozenset()
    native_files: frozenset[str] = frozenset()
    entry_points: frozenset[str] = frozenset()
    files: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """SHA-256 and size of each file, by its path."""
    gaps: tuple[str, ...] = ()
    """Why the picture is not whole; empty: it is."""


def contents_of(package: Package) -> dict[str, Any]:
    """The part of a report that says what is in the archive, JSON-ready."""
    listed = package.files[:MAX_FILES]
    return {
        "entry_points": list(package.entry_points),
        "install_hooks": [
            {"kind": hook.kind, "name": hook.name, "path": hook.path, "command": hook.command}
            for hook in package.install_hooks
        ],
        "native_files": list(native_files(package)),
        "secrets": list(package.derived.secrets),
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in listed],
        "files_left_out": len(package.files) - len(listed),
    }


def picture_of(
    *,
    package: Package,
    sha256: str,
    comparison: Comparison,
    results: Sequence[CheckResult],
    tier: Tier,
) -> Picture:
    """The picture of a version that is being vetted."""
    raw = package.declaration.raw if package.declaration else {}
    return Picture(
        version=package.metadata.version,
        sha256=sha256,
        tier=tier,
        author=package.metadata.author,
        origin=origin_name(next(filter(None, map(verified_statement, results)), None)),
        declared_capabilities=frozenset(use.id.value for use in comparison.capabilities if use.declared),
        seen_capabilities=frozenset(use.id.value for use in comparison.capabilities if use.shown),
        declared_hosts=frozenset(host_name(use.host, use.port) for use in comparison.hosts if use.declared),
        seen_hosts=frozenset(host_name(use.host, use.port) for use in comparison.hosts if use.shown),
        dependencies={
            f"{part.ecosystem}:{part.name}": Dependency(part.requirement, tuple(found.id for found in part.advisories))
            for result in results
            for part in result.components
            if part.scope in SHIPPED
        },
        findings=frozenset(finding.fingerprint for result in results for finding in result.findings),
        **_declared(raw),
        **_contents(contents_of(package)),
        gaps=(
            *(_silence(result.code, package.metadata.version) for result in results if _silent(result)),
            *_left_out(max(0, len(package.files) - MAX_FILES)),
        ),
    )


def picture_from(document: Mapping[str, Any]) -> Picture:
    """The picture a stored report gives.

    Raises:
        KeyError, TypeError, ValueError: the document is no report of a package.
    """
    artifact, contents = document["artifact"], document.get("contents")
    uses, hosts = document["capabilities"], document["egress"]
    gaps = [
        _silence(check["code"], artifact["version"])
        for check in document["checks"]
        if check["code"] in COMPARED_CHECKS and check["status"] in NO_RESULT
    ]
    if contents is None:
        gaps.append(f"The report about {artifact['version']} was made before reports listed the files.")
    return Picture(
        version=str(artifact["version"]),
        sha256=str(artifact["sha256"]),
        tier=Tier(document["risk"]["tier"]),
        author=str((artifact.get("metadata") or {}).get("author") or ""),
        origin=origin_name(_proof(document.get("provenance"))),
        declared_capabilities=frozenset(use["id"] for use in uses if use["declared"]),
        seen_capabilities=frozenset(use["id"] for use in uses if _shown(use)),
        declared_hosts=frozenset(host_name(use["host"], use.get("port")) for use in hosts if use["declared"]),
        seen_hosts=frozenset(host_name(use["host"], use.get("port")) for use in hosts if _shown(use)),
        dependencies={
            f"{part['ecosystem']}:{part['name']}": Dependency(
                part["requirement"], tuple(found["id"] for found in part["advisories"])
            )
            for part in document["dependencies"]
            if part["scope"] in SHIPPED
        },
        findings=frozenset(found["fingerprint"] for found in document["findings"] if found["check"] != "changes"),
        **_declared(document.get("declaration") or {}),
        **(_contents(contents) if contents is not None else {}),
        gaps=(*gaps, *_left_out(contents["files_left_out"] if contents else 0)),
    )


def origin_name(statement: Mapping[str, Any] | None) -> str:
    """Where a verified statement says a version comes from, in words that stay the same from version to version."""
    if statement is None:
        return ""
    builder = str(statement["builder"]).partition("@")[0]
    return f"{statement['repository'] or 'no repository'}, built by {builder}"


def _proof(origin: Any) -> Mapping[str, Any] | None:
    statements = origin["statements"] if isinstance(origin, dict) and origin["verified"] is True else ()
    return next((one for one in statements if one["verified"] is True), None)


def host_name(host: str, port: int | None) -> str:
    """A host with its port, where one is known."""
    return f"{host}:{port}" if port else host


def _shown(use: Mapping[str, Any]) -> bool:
    return bool(use["derived"] or use["static"] or use.get("dynamic"))


def _declared(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "declared_secrets": frozenset(str(name) for name in raw.get("secrets") or ()),
        "declaration": {str(key): _digest(value) for key, value in raw.items() if key not in HANDLED_ELSEWHERE},
    }


def _contents(contents: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "seen_secrets": frozenset(contents["secrets"]),
        "install_hooks": frozenset(
            f"{hook['kind']} {hook['name']} in {hook['path']}" + (f": {hook['command']}" if hook["command"] else "")
            for hook in contents["install_hooks"]
        ),
        "native_files": frozenset(contents["native_files"]),
        "entry_points": frozenset(contents["entry_points"]),
        "files": {file["path"]: (file["sha256"], file["size"]) for file in contents["files"]},
    }


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _silent(result: CheckResult) -> bool:
    return result.code in COMPARED_CHECKS and result.status in NO_RESULT


def _silence(code: str, version: str) -> str:
    return f"The check {code} gave no result about {version}, so not everything could be compared."


def _left_out(count: int) -> list[str]:
    return [f"{count} files were counted and not compared."] if count else []
