"""What is stored of a plugin's past, as the pipeline takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from plugins.checks.base import NO_RESULT, WaiverRef
from plugins.enums import FileVerdict
from plugins.models import CheckRun, FileDecision, Finding, FixedFinding, VettingRun, Waiver
from plugins.past import Known, Past, Ruling
from plugins.services.reputation import reputation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from django.db.models import QuerySet

RUNS_BACK = 20
"""Runs that are looked through for the last one in which a check gave a result."""
COLUMNS = ("pk", "run_id", "check_code", "fingerprint", "likeness", "path", "line", "issue_id", "title", "rule")


def past_of(run: VettingRun) -> Past:
    """What a run is compared with: the runs before of the same version, failing that of the plugin.

    Of each check that is what its last run with a result found, and what later runs without one found on top: a check
    that gave no result has closed nothing. Ten queries, however many runs there were.
    """
    today = timezone.localdate()
    standing = _standing(_runs_before(run))
    kept = {known.issue for known in standing if known.issue}
    return Past(
        standing=standing,
        fixed=tuple(known for known in _fixed(run) if known.issue not in kept),
        waivers=_waivers(run, today),
        rulings=rulings(today),
        reputation=reputation_of(run.version.plugin),
        kept=True,
    )


def rulings(today: date) -> dict[str, Ruling]:
    """The decisions about files that hold today, by SHA-256."""
    return {
        row.sha256: Ruling(
            name=str(row),
            blocked=row.verdict == FileVerdict.BLOCK,
            reason=row.reason,
            until=row.ends_on.isoformat() if row.ends_on else "",
        )
        for row in FileDecision.objects.in_force(today)
    }


def _waivers(run: VettingRun, today: date) -> dict[int, WaiverRef]:
    rows = Waiver.objects.in_force(today).filter(issue__plugin=run.version.plugin_id)
    return {row.issue_id: WaiverRef(str(row), row.ends_on.isoformat(), row.reason) for row in rows}


def _runs_before(run: VettingRun) -> Sequence[int]:
    """Newest first. Another version's only where this one was never vetted: versions are kept up side by side."""
    ended = VettingRun.objects.ended().filter(report__isnull=False).exclude(pk=run.pk).order_by("-finished_at", "-pk")
    newest = ended.values_list("pk", flat=True)
    same = list(newest.filter(version=run.version_id)[:RUNS_BACK])
    return same or list(newest.filter(version__plugin=run.version.plugin_id)[:RUNS_BACK])


def _standing(newest_first: Sequence[int]) -> tuple[Known, ...]:
    """What no later result has replaced, newest first, each finding once."""
    pairs = _open_pairs(newest_first)
    found = Finding.objects.filter(run__in={pk for pk, _code in pairs})
    rows = [row for row in _rows(found) if (row[1], row[2]) in pairs]
    age = {pk: number for number, pk in enumerate(newest_first)}
    rows.sort(key=lambda row: (age[row[1]], row[0]))
    once: dict[object, Known] = {}
    for row in rows:
        once.setdefault(row[7] or row[3], _known(row))
    return tuple(once.values())


def _open_pairs(newest_first: Iterable[int]) -> set[tuple[int, str]]:
    """The runs, each with a check, whose findings no later result has replaced."""
    checks: dict[int, list[tuple[str, str]]] = {pk: [] for pk in newest_first}
    for pk, code, status in CheckRun.objects.filter(run__in=checks).values_list("run_id", "code", "status"):
        checks[pk].append((code, status))
    replaced: set[str] = set()
    pairs: set[tuple[int, str]] = set()
    for pk, concluded in checks.items():
        pairs |= {(pk, code) for code, _status in concluded if code not in replaced}
        replaced |= {code for code, status in concluded if status not in NO_RESULT}
    return pairs


def _fixed(run: VettingRun) -> list[Known]:
    """What was fixed in the plugin at some time, as it was found last, newest first."""
    ids = FixedFinding.objects.filter(run__version__plugin=run.version.plugin_id).values("finding_id")
    rows = sorted(_rows(Finding.objects.filter(pk__in=ids, issue__isnull=False)), key=lambda row: -row[0])
    once: dict[int, Known] = {}
    for row in rows:
        once.setdefault(row[7], _known(row))
    return list(once.values())


def _rows(found: QuerySet[Finding]) -> Iterable[tuple[Any, ...]]:
    return found.order_by().values_list(*COLUMNS).iterator(chunk_size=2000)


def _known(row: tuple[Any, ...]) -> Known:
    pk, _run, check, fingerprint, likeness, path, line, issue, title, rule = row
    return Known(check, fingerprint, likeness, path, line, issue=issue, finding=pk, title=title, rule=rule)
