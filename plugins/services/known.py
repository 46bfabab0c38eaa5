"""What earlier runs of a plugin found, so that a new run can say what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.models import CheckRun, Finding, VettingRun
from plugins.vetting import NO_RESULT

if TYPE_CHECKING:
    from collections.abc import Iterable

RUNS_BACK = 20
"""Runs that are looked through for the last one in which a check gave a result."""


def known_fingerprints(run: VettingRun) -> set[str]:
    """What the plugin was known for before this run.

    Of each check that is what its last run with a result found, and what later runs without one found on top: a check
    that gave no result has closed nothing. Three queries, however many runs there were.
    """
    before = list(
        VettingRun.objects.ended()
        .filter(version__plugin_id=run.version.plugin_id, report__isnull=False)
        .exclude(pk=run.pk)
        .order_by("-finished_at", "-pk")
        .values_list("pk", flat=True)[:RUNS_BACK]
    )
    standing = _standing(before)
    found = Finding.objects.filter(run__in={pk for pk, _code in standing})
    rows = found.values_list("run_id", "check_code", "fingerprint").iterator(chunk_size=2000)
    return {fingerprint for pk, code, fingerprint in rows if (pk, code) in standing}


def _standing(newest_first: Iterable[int]) -> set[tuple[int, str]]:
    """The runs, each with a check, whose findings no later result has replaced."""
    checks: dict[int, list[tuple[str, str]]] = {pk: [] for pk in newest_first}
    for pk, code, status in CheckRun.objects.filter(run__in=checks).values_list("run_id", "code", "status"):
        checks[pk].append((code, status))
    replaced: set[str] = set()
    standing: set[tuple[int, str]] = set()
    for pk, concluded in checks.items():
        standing |= {(pk, code) for code, _status in concluded if code not in replaced}
        replaced |= {code for code, status in concluded if status not in NO_RESULT}
    return standing
