"""Bring dependencies and advisories together: which are affected, which could be, and what nobody can tell."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plugins.advisories.ranges import Undecidable, fixed_versions, is_affected, points
from plugins.advisories.requirements import Kind, Requirement, read_requirement
from plugins.advisories.severity import UNSTATED
from plugins.advisories.versions import SUPPORTED, VersionInvalid, is_prerelease, neighbours, version_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance.vocabulary import Severity
    from plugins.advisories.osv import Affected, OsvRecord
    from plugins.package import Dependency

AFFECTED = "affected"
COULD_RESOLVE = "could-resolve"
LOCKED = "locked"
"""The scope of what somebody built with. Whoever installs the package may get that version, or another; but malware has
run where it was built."""
LOWEST = "0.0.0"
"""Stands for "any version before the first that is named"; not one anybody has released."""

_LEAD = ("MAL-", "GHSA-", "CVE-", "PYSEC-")


@dataclass(frozen=True, slots=True)
class Match:
    """One fault, under all its names, that a dependency has (`affected`) or may get (`could-resolve`)."""

    kind: str
    id: str
    """The name it goes by, chosen from all its names, so that it is the same whichever database is imported."""
    aliases: tuple[str, ...]
    severity: Severity
    """Of the fault, not of the finding."""
    severity_stated: bool
    malicious: bool
    summary: str
    fixed: tuple[str, ...]
    """Versions not affected any more, oldest first; of a pinned dependency only newer ones."""
    upgrade: str | None
    """The newest of `fixed` that the requirement allows as it stands."""
    example: str
    """The affected version: the pinned one, or one the requirement allows."""
    exploited_since: str = ""
    """ISO date; this and the next three are filled by the check, from what is known of the exploitation of CVEs."""
    ransomware: bool = False
    epss: float | None = None
    percentile: float | None = None

    @property
    def names(self) -> frozenset[str]:
        """Every id of the fault."""
        return frozenset((self.id, *self.aliases))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the advisories say of one dependency; with any `doubts` the answer is incomplete."""

    dependency: Dependency
    requirement: Requirement
    matches: tuple[Match, ...] = ()
    doubts: tuple[str, ...] = ()
    """Plain clauses, each saying what could not be decided."""
    undecided: tuple[str, ...] = ()
    """Ids of the records that could not be compared with it."""
    blind: bool = False
    """Whether no imported record is about any package of its ecosystem, so that no match says nothing."""

    @property
    def answered(self) -> bool:
        """Whether the advisories could be asked about it, and all of them answered."""
        by_registry = self.requirement.pinned or self.requirement.kind in {Kind.PINNED, Kind.RANGE, Kind.ANY}
        return bool(by_registry) and self.requirement.ecosystem in SUPPORTED and not self.doubts and not self.blind


@dataclass(slots=True)
class AdvisoryIndex:
    """Records by package; withdrawn ones are left out. Build it once for a run."""

    records: Iterable[OsvRecord]
    _by_package: dict[tuple[str, str], list[OsvRecord]] = field(init=False)
    _leader: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        active = [record for record in self.records if record.withdrawn is None]
        self._by_package = defaultdict(list)
        for record in active:
            for package in record.packages:
                self._by_package[package].append(record)
        self._leader = _joined(active)

    def about(self, ecosystem: str, name: str) -> list[OsvRecord]:
        """The records that name the package; `name` has to be normalised."""
        return self._by_package.get((ecosystem, name), [])

    def faults(self, ecosystem: str, name: str) -> list[list[OsvRecord]]:
        """The same, grouped: records that are aliases of each other, also by way of a third, are one fault."""
        groups: dict[str, list[OsvRecord]] = defaultdict(list)
        for record in self.about(ecosystem, name):
            groups[_root(self._leader, record.id)].append(record)
        return list(groups.values())

    def affecting(self, ecosystem: str, name: str, version: str) -> Iterator[OsvRecord]:
        """The records that affect this version. Raises VersionInvalid, Undecidable."""
        for record in self.about(ecosystem, name):
            if is_affected(entries_for(record, ecosystem, name), version):
                yield record

    def answer(self, dependency: Dependency) -> Answer:
        """What the records say of a dependency. Never raises: what cannot be told is among the doubts."""
        requirement = read_requirement(dependency)
        if requirement.ecosystem not in SUPPORTED:
            return Answer(dependency, requirement)
        if requirement.pinned is None and requirement.kind not in {Kind.RANGE, Kind.ANY}:
            return Answer(dependency, requirement)
        doubts: dict[str, str] = {}
        matches = [
            match
            for fault in self.faults(requirement.ecosystem, requirement.name)
            if (match := _match(fault, requirement, doubts))
        ]
        if dependency.scope == LOCKED:
            matches = [match if match.malicious else replace(match, kind=COULD_RESOLVE) for match in matches]
        matches.sort(key=lambda match: (-match.severity.rank, match.id))
        clauses = dict.fromkeys([*doubts.values(), *_pin_doubts(requirement)])
        return Answer(dependency, requirement, tuple(matches), tuple(clauses), tuple(doubts))


def entries_for(record: OsvRecord, ecosystem: str, name: str) -> list[Affected]:
    """What a record says of one package."""
    return [entry for entry in record.affected if (entry.ecosystem, entry.name) == (ecosystem, name)]


def lead_first(names: Iterable[str]) -> list[str]:
    """The ids of a fault, each once, the one it goes by first."""
    return sorted(set(names), key=_lead_order)


def _match(fault: list[OsvRecord], requirement: Requirement, doubts: dict[str, str]) -> Match | None:
    """The fault as it concerns the requirement: any of its records suffices."""
    kind = AFFECTED if requirement.pinned else COULD_RESOLVE
    concerned, example = [], ""
    for record in fault:
        entries = entries_for(record, requirement.ecosystem, requirement.name)
        try:
            version = _pinned_hit(entries, requirement.pinned) if requirement.pinned else _reach(entries, requirement)
        except (Undecidable, VersionInvalid) as problem:
            doubts[record.id] = f"{record.id}: {problem}"
            continue
        if version:
            concerned.append(record)
            example = example or version
    return _described(fault, concerned, requirement, kind, example) if concerned else None


def _pinned_hit(entries: list[Affected], pinned: str) -> str | None:
    return pinned if is_affected(entries, pinned) else None


def _reach(entries: list[Affected], requirement: Requirement) -> str | None:
    """An affected version the requirement allows, or None.

    It is enough to try the versions both sides name and the first releases after them: where a stretch the
    requirement allows and an affected stretch overlap, the overlap begins at one of these.
    """
    doubt: Undecidable | None = None
    for version in _candidates(entries, requirement):
        if not requirement.allows(version):
            continue
        try:
            if is_affected(entries, version):
                return version
        except Undecidable as problem:
            doubt = problem
    if doubt:
        raise doubt
    return None


def _candidates(entries: list[Affected], requirement: Requirement) -> list[str]:
    listed = {version for entry in entries for version in entry.versions}
    tried: dict[str, None] = {}
    for version in (*requirement.bounds, *sorted(points(entries) - listed)):
        try:
            tried.update(dict.fromkeys(neighbours(requirement.ecosystem, version)))
        except VersionInvalid:
            continue
    return [*tried, *sorted(listed), LOWEST]


def _described(
    fault: list[OsvRecord], concerned: list[OsvRecord], requirement: Requirement, kind: str, example: str
) -> Match:
    names = lead_first({name for record in fault for name in (record.id, *record.aliases)})
    stated = [record.severity for record in concerned if record.severity_stated]
    fixed = _fixes(fault, requirement)
    allowed = [version for version in fixed if requirement.allows(version)] if not requirement.pinned else []
    return Match(
        kind=kind,
        id=names[0],
        aliases=tuple(names[1:]),
        severity=max(stated, key=lambda severity: severity.rank, default=UNSTATED),
        severity_stated=bool(stated),
        malicious=any(record.is_malicious for record in concerned),
        summary=next((record.summary for record in concerned if record.summary), ""),
        fixed=fixed,
        upgrade=allowed[-1] if allowed else None,
        example=example,
    )


def _fixes(fault: list[OsvRecord], requirement: Requirement) -> tuple[str, ...]:
    """The versions said to fix the fault that none of its records affects, oldest first; releases before others."""
    ecosystem = requirement.ecosystem
    entries = [entry for record in fault for entry in entries_for(record, ecosystem, requirement.name)]
    sound = [version for version in fixed_versions(entries) if _is_fix(entries, ecosystem, version, requirement.pinned)]
    final = [version for version in sound if not is_prerelease(ecosystem, version)]
    return tuple(sorted(final or sound, key=lambda version: version_key(ecosystem, version)))


def _is_fix(entries: list[Affected], ecosystem: str, version: str, pinned: str | None) -> bool:
    try:
        newer = pinned is None or version_key(ecosystem, version) > version_key(ecosystem, pinned)
        return newer and not is_affected(entries, version)
    except (VersionInvalid, Undecidable):
        return False


def _pin_doubts(requirement: Requirement) -> list[str]:
    """A pin that is no version compares with nothing, whether or not an advisory stands ready to be compared."""
    if requirement.pinned is None:
        return []
    try:
        version_key(requirement.ecosystem, requirement.pinned)
    except VersionInvalid as problem:
        return [str(problem)]
    return []


def _joined(records: list[OsvRecord]) -> dict[str, str]:
    """Union-find over ids and aliases: aliases hold both ways and through each other."""
    leader: dict[str, str] = {}
    for record in records:
        for alias in record.aliases:
            first, second = sorted((_root(leader, record.id), _root(leader, alias)))
            leader[second] = first
    return leader


def _root(leader: dict[str, str], name: str) -> str:
    while (above := leader.get(name, name)) != name:
        leader[name] = leader.get(above, above)
        name = above
    return name


def _lead_order(name: str) -> tuple[int, str]:
    """Malware first, then GitHub's id, the CVE, PyPA's, anything else."""
    rank = next((index for index, prefix in enumerate(_LEAD) if name.startswith(prefix)), len(_LEAD))
    return rank, name
