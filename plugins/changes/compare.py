"""Compare two pictures: what came, what went, what is otherwise, each with the weight the policy gives it.

What the owner declares and what is seen count each by itself: a host that was declared all along and is contacted for
the first time is as much a change as one that is declared and not contacted yet.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from governance.vocabulary import Severity
from plugins.risk import DANGEROUS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from governance.policies import ChangeWeights
    from plugins.changes.picture import Dependency, Picture

What = Literal["added", "gone", "changed"]

MAX_CHANGES = 1000
"""Changes of one kind that are kept; a lockfile alone may hold thousands."""
MAX_FILES_LISTED = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `source` is `declared` or `seen` where the two count apart, else empty."""

    kind: str
    what: What
    name: str
    severity: Severity
    source: str = ""
    before: str = ""
    after: str = ""
    advisories: tuple[str, ...] = ()
    """Of a dependency that came."""

    @property
    def relevant(self) -> bool:
        """Whether it asks for somebody's eyes."""
        return self.severity is not Severity.INFO


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that came, went or has other bytes."""

    path: str
    what: What
    size: int


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences between a version and the one before it. Without `before` there was nothing to compare with."""

    before: Picture | None = None
    changes: tuple[Change, ...] = ()
    files: tuple[FileChange, ...] = ()
    """The first MAX_FILES_LISTED; `file_counts` counts them all."""
    file_counts: Mapping[str, int] | None = None
    unchanged: Mapping[str, int] | None = None
    """How many things of each kind are in both."""
    new_findings: frozenset[str] = frozenset()
    """Fingerprints of findings the version before did not have."""
    gaps: tuple[str, ...] = ()

    @property
    def relevant(self) -> tuple[Change, ...]:
        """Those that ask for somebody's eyes."""
        return tuple(change for change in self.changes if change.relevant)


def changes_between(before: Picture | None, after: Picture, weights: ChangeWeights) -> Changes:
    """Everything that differs, the heaviest first."""
    if before is None:
        return Changes()
    found = list(_all(before, after, weights))
    files = sorted(_files(before, after), key=lambda file: file.path)
    counts = Counter[str](file.what for file in files)
    counts["unchanged"] = len(after.files) - counts["added"] - counts["changed"]
    return Changes(
        before=before,
        changes=tuple(sorted(found, key=lambda change: (-change.severity.rank, change.kind, change.what, change.name))),
        files=tuple(files[:MAX_FILES_LISTED]),
        file_counts={key: counts[key] for key in ("added", "changed", "gone", "unchanged")},
        unchanged={
            "capability": len(before.seen_capabilities & after.seen_capabilities),
            "host": len(before.seen_hosts & after.seen_hosts),
            "dependency": len(before.dependencies.keys() & after.dependencies.keys()),
        },
        new_findings=after.findings - before.findings,
        gaps=tuple(dict.fromkeys((*before.gaps, *after.gaps))),
    )


def _all(before: Picture, after: Picture, weights: ChangeWeights) -> Iterator[Change]:
    for kind, source, was, now in (
        ("capability", "declared", before.declared_capabilities, after.declared_capabilities),
        ("capability", "seen", before.seen_capabilities, after.seen_capabilities),
        ("host", "declared", before.declared_hosts, after.declared_hosts),
        ("host", "seen", before.seen_hosts, after.seen_hosts),
        ("secret", "declared", before.declared_secrets, after.declared_secrets),
        ("secret", "seen", before.seen_secrets, after.seen_secrets),
        ("install_hook", "", before.install_hooks, after.install_hooks),
        ("native_file", "", before.native_files, after.native_files),
        ("entry_point", "", before.entry_points, after.entry_points),
    ):
        yield from _sets(kind, source, was, now, weights)
    yield from _native_bytes(before, after, weights)
    yield from _dependencies(before.dependencies, after.dependencies, weights)
    yield from _declaration(before.declaration, after.declaration, weights)
    if before.author != after.author:
        yield Change("author", "changed", "author", weights.of("author"), before=before.author, after=after.author)
    if before.origin != after.origin:
        what: What = "changed" if before.origin and after.origin else "gone" if before.origin else "added"
        severity = weights.of("origin") if before.origin else Severity.INFO
        yield Change("origin", what, "origin", severity, before=before.origin, after=after.origin)
    if before.tier is not after.tier:
        risen = after.tier.rank > before.tier.rank
        severity = weights.of("tier") if risen else Severity.INFO
        yield Change("tier", "changed", "tier", severity, before=before.tier.value, after=after.tier.value)


def _sets(
    kind: str, source: str, was: Collection[str], now: Collection[str], weights: ChangeWeights
) -> Iterator[Change]:
    for name in sorted(set(now) - set(was))[:MAX_CHANGES]:
        weight = "dangerous_capability" if kind == "capability" and name in DANGEROUS else kind
        yield Change(kind, "added", name, weights.of(weight), source)
    for name in sorted(set(was) - set(now))[:MAX_CHANGES]:
        yield Change(kind, "gone", name, Severity.INFO, source)


def _native_bytes(before: Picture, after: Picture, weights: ChangeWeights) -> Iterator[Change]:
    """Compiled files no check looks into: other bytes under the old name are as good as a new one."""
    for path in sorted(before.native_files & after.native_files):
        was, now = before.files.get(path), after.files.get(path)
        if was and now and was[0] != now[0]:
            yield Change("native_file", "changed", path, weights.of("native_file"), before=was[0], after=now[0])


def _dependencies(
    was: Mapping[str, Dependency], now: Mapping[str, Dependency], weights: ChangeWeights
) -> Iterator[Change]:
    for name in sorted(now.keys() - was.keys())[:MAX_CHANGES]:
        part = now[name]
        yield Change(
            "dependency",
            "added",
            name,
            weights.of("dependency"),
            after=part.requirement,
            advisories=part.advisories,
        )
    for name in sorted(was.keys() - now.keys())[:MAX_CHANGES]:
        yield Change("dependency", "gone", name, Severity.INFO, before=was[name].requirement)
    differing = [
        name
        for name in sorted(now.keys() & was.keys())
        if now[name].requirement != was[name].requirement or set(now[name].advisories) - set(was[name].advisories)
    ]
    for name in differing[:MAX_CHANGES]:
        yield Change(
            "dependency",
            "changed",
            name,
            Severity.INFO,
            before=was[name].requirement,
            after=now[name].requirement,
            advisories=tuple(one for one in now[name].advisories if one not in was[name].advisories),
        )


def _declaration(was: Mapping[str, str], now: Mapping[str, str], weights: ChangeWeights) -> Iterator[Change]:
    for key in sorted(now.keys() | was.keys()):
        if key not in was:
            yield Change("declaration", "added", key, weights.of("declaration"))
        elif key not in now:
            yield Change("declaration", "gone", key, weights.of("declaration"))
        elif was[key] != now[key]:
            yield Change("declaration", "changed", key, weights.of("declaration"))


def _files(before: Picture, after: Picture) -> Iterator[FileChange]:
    for path, (digest, size) in after.files.items():
        if path not in before.files:
            yield FileChange(path, "added", size)
        elif before.files[path][0] != digest:
            yield FileChange(path, "changed", size)
    for path, (_digest, size) in before.files.items():
        if path not in after.files:
            yield FileChange(path, "gone", size)
