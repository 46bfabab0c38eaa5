"""Advisory feeds: import a dump, cut the snapshot a run needs, say how old they are."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import DatabaseError, router, transaction
from django.utils import timezone

from governance import canonical, ledger
from plugins.advisories.dump import DumpInvalid, read_dump
from plugins.advisories.exploitation import cves_of
from plugins.advisories.osv import OsvRecord, RecordInvalid, parse_record
from plugins.advisories.requirements import package_of
from plugins.checks.base import FeedSnapshot
from plugins.models import Advisory, AdvisoryCve, AdvisoryFeed, AdvisoryPackage
from plugins.services.exploitation import exploitation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from governance.models import User
    from plugins.package import Dependency

BATCH = 2000
ROWS_FORM = 2
"""Raised when the rows made of a record change, so that the next import makes them anew."""
PROBLEMS_SHOWN = 10


@dataclass(slots=True)
class ImportResult:
    """What an import did. `problems` are the first few sentences about unusable records."""

    feed: AdvisoryFeed
    records: int = 0
    unusable: int = 0
    ecosystems: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class FeedEmpty(Exception):
    """A dump without a single usable record; nothing was changed."""


def import_dump(*, path: Path, name: str, source: str = "", actor: User | None = None) -> ImportResult:
    """Replace a feed by the records of an OSV dump; all of it or nothing.

    Raises:
        DumpInvalid: the file is no usable dump.
        FeedEmpty: it holds no usable record.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise DumpInvalid(f"{path} cannot be read: {problem.strerror}.") from problem
    return import_records(records=read_dump(path), name=name, source=source, digest=digest, actor=actor)


def import_documents(*, documents: Iterable[object], name: str, source: str, demo: bool) -> ImportResult:
    """Replace a feed by OSV records already decoded, e.g. the demo's starter feed."""
    return import_records(
        records=(parse_record(document) for document in documents), name=name, source=source, demo=demo
    )


@transaction.atomic
def import_records(
    *,
    records: Iterable[OsvRecord | RecordInvalid],
    name: str,
    source: str = "",
    digest: str = "",
    demo: bool = False,
    actor: User | None = None,
) -> ImportResult:
    """Replace a feed by a stream of records, in batches and bounded memory.

    What is in the feed already, letter by letter, stays as it is: so one can tell what has come since a moment.
    """
    feed, _created = AdvisoryFeed.objects.get_or_create(
        name=name, defaults={"imported_at": timezone.now(), "demo": demo}
    )
    result = ImportResult(feed)
    newest: datetime | None = None
    present: set[int] = set()
    for batch in _batches(_usable(records, result)):
        newest = max([record.modified for record in batch] + ([newest] if newest else []))
        present |= _store(feed, batch)
    if not result.records:
        raise FeedEmpty(f"{name}: not one usable record.")
    _drop_all_but(feed, present)
    feed.demo, feed.source, feed.digest = demo, source[:300], digest
    feed.records, feed.unusable, feed.newest_at = result.records, result.unusable, newest
    feed.imported_at = timezone.now()  # not earlier: runs that began meanwhile have not seen these records
    feed.save()
    Advisory.objects.filter(seen_at=None).update(seen_at=feed.imported_at)
    ledger.record(
        verb="feed.imported",
        subject=feed,
        actor=actor,
        details={"records": result.records, "unusable": result.unusable, "sha256": digest},
    )
    return result


def snapshot(dependencies: Iterable[Dependency]) -> FeedSnapshot | None:
    """The advisories that name any of these dependencies; None where no feed is imported.

    The age is that of the oldest feed: a chain is as fresh as its stalest link.
    """
    feeds = list(AdvisoryFeed.objects.filter(records__gt=0))
    if not feeds:
        return None
    wanted: dict[str, set[str]] = {}
    for dependency in dependencies:
        ecosystem, name = package_of(dependency)  # npm aliases stand for another package
        wanted.setdefault(ecosystem, set()).add(name)
    advisories = advisories_about(wanted)
    return FeedSnapshot(
        names=tuple(feed.name for feed in feeds),
        records=sum(feed.records for feed in feeds),
        age_days=max(age_days(feed, timezone.now()) for feed in feeds),
        demo=any(feed.demo for feed in feeds),
        advisories=tuple(advisory.record for advisory in advisories),
        exploitation=exploitation_of(name for advisory in advisories for name in cves_of(advisory.record)),
        uncovered=tuple(sorted(ecosystem for ecosystem in wanted if not _covered(ecosystem))),
    )


def advisories_about(wanted: Mapping[str, set[str]]) -> list[Advisory]:
    """The advisories that name any of these packages (normalised names by ecosystem), each id once, sorted by id.

    The newest record wins where two feeds hold the same id, also when it withdraws the advisory.
    """
    newest: dict[str, Advisory] = {}
    for advisory in _naming(wanted):
        known = newest.get(advisory.osv_id)
        if known is None or known.modified_at < advisory.modified_at:
            newest[advisory.osv_id] = advisory
    return [newest[key] for key in sorted(newest) if not newest[key].withdrawn]


def safe_snapshot(dependencies: Iterable[Dependency]) -> FeedSnapshot | None:
    """`snapshot`, or None where there is no database yet: the check then says that no feed is imported."""
    try:
        return snapshot(dependencies)
    except DatabaseError:
        return None


def age_days(feed: AdvisoryFeed, now: datetime) -> float:
    """Days since the feed's newest record was modified; since the import where no record says."""
    return max((now - (feed.newest_at or feed.imported_at)).total_seconds() / 86400, 0.0)


def _covered(ecosystem: str) -> bool:
    return AdvisoryPackage.objects.filter(ecosystem=ecosystem).exists()


def _naming(wanted: Mapping[str, set[str]]) -> Iterator[Advisory]:
    for ecosystem, names in wanted.items():
        ordered = sorted(names)
        for start in range(0, len(ordered), 500):
            ids = AdvisoryPackage.objects.filter(ecosystem=ecosystem, name__in=ordered[start : start + 500]).values(
                "advisory_id"
            )
            yield from Advisory.objects.filter(pk__in=ids)


def _usable(records: Iterable[OsvRecord | RecordInvalid], result: ImportResult) -> Iterator[OsvRecord]:
    for record in records:
        if isinstance(record, RecordInvalid):
            result.unusable += 1
            if len(result.problems) < PROBLEMS_SHOWN:
                result.problems.append(str(record))
            continue
        result.records += 1
        result.ecosystems.update({ecosystem for ecosystem, _name in record.packages})
        yield record


def _batches(records: Iterator[OsvRecord]) -> Iterator[list[OsvRecord]]:
    batch: list[OsvRecord] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _store(feed: AdvisoryFeed, records: list[OsvRecord]) -> set[int]:
    """Write what is new or has changed; gives the keys of all rows of these records."""
    digests = {record.id: _digest(record) for record in records}
    known = Advisory.objects.filter(feed=feed, osv_id__in=digests).values_list("osv_id", "digest", "pk")
    same = {osv_id: pk for osv_id, digest, pk in known if digest == digests[osv_id]}
    _delete([pk for osv_id, _, pk in known if osv_id not in same])
    fresh = [record for record in records if record.id not in same]
    rows = Advisory.objects.bulk_create(
        Advisory(
            feed=feed,
            osv_id=record.id,
            modified_at=record.modified,
            withdrawn=record.withdrawn is not None,
            severity=record.severity.value,
            summary=record.summary[:500],
            record=dict(record.raw),
            digest=digests[record.id],
        )
        for record in fresh
    )
    AdvisoryPackage.objects.bulk_create(
        AdvisoryPackage(advisory=row, ecosystem=ecosystem[:60], name=name[:300])
        for row, record in zip(rows, fresh, strict=True)
        for ecosystem, name in record.packages
    )
    AdvisoryCve.objects.bulk_create(
        AdvisoryCve(advisory=row, cve=cve)
        for row, record in zip(rows, fresh, strict=True)
        for cve in cves_of(record.raw)
    )
    return {*same.values(), *(row.pk for row in rows)}


def _digest(record: OsvRecord) -> str:
    return canonical.digest({"form": ROWS_FORM, "record": record.raw})


def _drop_all_but(feed: AdvisoryFeed, present: set[int]) -> None:
    """Delete the feed's rows of records that are gone. What other feeds say under the same ids counts anew."""
    rows = Advisory.objects.filter(feed=feed).values_list("pk", "osv_id").iterator()
    gone = {pk: osv_id for pk, osv_id in rows if pk not in present}
    _delete(list(gone))
    ids = sorted(gone.values())
    for start in range(0, len(ids), BATCH):
        Advisory.objects.filter(osv_id__in=ids[start : start + BATCH]).update(seen_at=None)


def _delete(keys: list[int]) -> None:
    """Without signals and collector: there may be 100,000s of rows."""
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        for model in (AdvisoryPackage, AdvisoryCve):
            model.objects.filter(advisory_id__in=some)._raw_delete(using=router.db_for_write(Advisory))  # noqa: SLF001
        Advisory.objects.filter(pk__in=some)._raw_delete(using=router.db_for_write(Advisory))  # noqa: SLF001
