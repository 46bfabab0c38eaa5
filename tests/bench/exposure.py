"""A new advisory against many stored versions, on PostgreSQL. `python -m tests.bench.exposure`; part of `make bench`.

10,000 versions with 200,000 component rows over 5,000 npm packages, and 20,000 advisories the runs knew of, four of
them about each package. Each round imports one advisory more, about a package that one version in fifty ships, and asks
which versions are hit. Baselines: reading every component row and comparing it in Python; and what revalidation did
before, run by run, on a share of the runs, scaled up. All three have to give the same answer.
"""

import datetime as dt
import random
import sys
import time

from tests.bench.database import own_database, say

VERSIONS, COMPONENTS, PACKAGES, ADVISORIES, NEW = 10_000, 20, 5_000, 20_000, 200
WALKED = 500
"""Runs of the old walk."""
ROUNDS = 5
AIM = 1.0
"""Seconds."""
BEGAN = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def main() -> int:
    """Fill a database of its own, measure, and drop it again."""
    with own_database("affected versions") as there:
        if there:
            _measure()
    return 0


def document(name: str, package: str, fixed: str) -> dict:
    """An OSV record."""
    events = [{"introduced": "0"}, {"fixed": fixed}]
    affected = [{"package": {"ecosystem": "npm", "name": package}, "ranges": [{"type": "SEMVER", "events": events}]}]
    return {"id": name, "modified": "2026-05-01T00:00:00Z", "affected": affected, "details": "x" * 800}


def _measure() -> None:
    from django.db import connection  # noqa: PLC0415 - after the settings
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 - ditto

    from plugins.models import VettingRun  # noqa: PLC0415 - ditto
    from plugins.services.exposure import exposures  # noqa: PLC0415 - ditto
    from plugins.services.feeds import import_documents  # noqa: PLC0415 - ditto

    _fill()
    runs = VettingRun.objects.all()
    taken, reading, walked, hit = [], 0.0, 0.0, 0
    for number in range(ROUNDS):
        new = [document(f"GHSA-new-{number}", f"package-{number}", "3.0.0")]
        import_documents(documents=new, name=f"new {number}", source="", demo=False)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        ours, seconds = _timed(lambda: set(exposures(runs)))
        taken.append(seconds)
        if len(ours) <= hit:
            raise AssertionError(f"round {number}: {len(ours)} runs, {hit} before")
        hit = len(ours)
        if not number:
            theirs, reading = _timed(_by_reading_all)
            some = list(runs.order_by("pk")[:WALKED])
            found, seconds = _timed(lambda: {run.pk for run in some if _walk(run)})  # noqa: B023 - called at once
            walked = seconds * VERSIONS / WALKED
            if theirs != ours or found != ours & {run.pk for run in some}:
                raise AssertionError(f"{len(ours)} runs against {len(theirs)}; the walk found {len(found)}")
    with CaptureQueriesContext(connection) as asked:
        exposures(runs)
    middle = sorted(taken)[ROUNDS // 2]
    say(f"\nnew advisory, {VERSIONS:,} versions, {VERSIONS * COMPONENTS:,} components, {ADVISORIES:,} known; seconds")
    say(f"  affected versions found   {middle:>8.2f}   aim <= {AIM:.2f}  {'met' if middle <= AIM else 'NOT MET'}")
    say(f"    worst of {ROUNDS} rounds       {max(taken):>8.2f}   {hit:,} of {VERSIONS:,} hit, {len(asked)} queries")
    say(f"  reading every component   {reading:>8.2f}   {reading / middle:.0f} times as long")
    say(f"  the old walk, run by run  {walked:>8.0f}   {walked / middle:.0f} times as long, from {WALKED} runs")


def _timed(call):
    begin = time.perf_counter()
    given = call()
    return given, time.perf_counter() - begin


def _fill() -> None:
    """Versions, their runs and components, and the advisories they knew."""
    from django.utils import timezone  # noqa: PLC0415 - after the settings

    from plugins.enums import RunState, VersionState  # noqa: PLC0415 - ditto
    from plugins.models import (  # noqa: PLC0415 - ditto
        Advisory,
        Artifact,
        Component,
        PluginVersion,
        VettingRun,
    )
    from plugins.services.feeds import import_documents  # noqa: PLC0415 - ditto
    from tests.factories import PluginFactory, digest  # noqa: PLC0415 - ditto

    chance = random.Random(7)  # noqa: S311 - test data
    known = (document(f"GHSA-{n:05}", f"package-{n % PACKAGES}", f"0.{1 + n // PACKAGES}.0") for n in range(ADVISORIES))
    import_documents(documents=known, name="npm", source="", demo=False)
    Advisory.objects.update(seen_at=BEGAN - dt.timedelta(days=1))
    plugins = [PluginFactory() for _ in range(VERSIONS // 20)]
    artifacts = Artifact.objects.bulk_create(
        Artifact(sha256=digest(str(n)), size=1, filename=f"{n}.tgz") for n in range(VERSIONS)
    )
    versions = PluginVersion.objects.bulk_create(
        PluginVersion(
            plugin=plugins[n // 20],
            version=f"1.0.{n}",
            artifact=artifacts[n],
            state=VersionState.APPROVED,
            purl=f"pkg:npm/plugin@1.0.{n}",
            queue_since=timezone.now(),
        )
        for n in range(VERSIONS)
    )
    runs = VettingRun.objects.bulk_create(
        VettingRun(
            version=version,
            state=RunState.PASSED,
            started_at=BEGAN,
            lease_until=BEGAN,
            tier="low",
            report={"checks": ["x" * 2000]},
        )
        for version in versions
    )
    # a fifth of the packages takes most of the dependencies, as in life; package-0 to -4 are each in one of fifty
    popular, rest = range(10, PACKAGES // 5), range(PACKAGES // 5, PACKAGES)
    rows = []
    for number, run in enumerate(runs):
        names = {f"package-{chance.choice(popular if chance.random() < 0.8 else rest)}" for _ in range(COMPONENTS - 1)}
        shipped = [*sorted(names), f"package-{number % 50 if number % 50 < ROUNDS else 9}"]
        shipped += [f"own-{number}-{extra}" for extra in range(COMPONENTS - len(shipped))]
        for name in shipped:
            version = f"{chance.randint(1, 3)}.{chance.randint(0, 20)}.{chance.randint(0, 9)}"
            pinned = chance.random() < 0.7
            rows.append(
                Component(
                    run=run,
                    ecosystem="npm",
                    name=name,
                    requirement=version if pinned else f"^{version}",
                    pinned=version if pinned else "",
                    scope="runtime",
                    purl=f"pkg:npm/{name}@{version}",
                )
            )
    Component.objects.bulk_create(rows, batch_size=5000)


def _by_reading_all() -> set[int]:
    """Every component row, compared in Python; one index for all of them."""
    from plugins.advisories.matching import AdvisoryIndex  # noqa: PLC0415 - after the settings
    from plugins.advisories.osv import parse_record  # noqa: PLC0415 - ditto
    from plugins.models import Advisory, Component  # noqa: PLC0415 - ditto
    from plugins.package import Dependency  # noqa: PLC0415 - ditto

    index = AdvisoryIndex([parse_record(row.record) for row in Advisory.objects.iterator()])
    hit = set()
    for part in Component.objects.iterator():
        asked = Dependency(part.ecosystem, part.name, part.requirement, part.scope, pinned=part.pinned or None)
        if index.answer(asked).matches:
            hit.add(part.run_id)
    return hit


def _walk(run) -> list[str]:
    """What revalidation did before for each certificate."""
    from plugins.advisories.matching import AdvisoryIndex  # noqa: PLC0415 - after the settings
    from plugins.advisories.osv import parse_record  # noqa: PLC0415 - ditto
    from plugins.models import AdvisoryFeed  # noqa: PLC0415 - ditto
    from plugins.package import Dependency  # noqa: PLC0415 - ditto
    from plugins.services.feeds import snapshot  # noqa: PLC0415 - ditto

    if not AdvisoryFeed.objects.filter(imported_at__gt=run.started_at).exists():
        return []
    asked = [
        Dependency(part.ecosystem, part.name, part.requirement, part.scope, pinned=part.pinned or None)
        for part in run.components.all()
    ]
    index = AdvisoryIndex([parse_record(record) for record in snapshot(asked).advisories])
    return [match.id for one in asked for match in index.answer(one).matches]


if __name__ == "__main__":
    sys.exit(main())
