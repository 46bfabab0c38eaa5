"""10,000 findings stored, and known again in the next run, on PostgreSQL. `python -m tests.bench.findings`.

Stored is the whole end of a run, in its transaction: report, findings, issues. Known again is a second run with these
findings: what stands is read, every finding is matched, the run is stored. Then a third in which every file was renamed
and a tenth of the findings is gone. Baseline: the same rows written one by one, and each finding looked up by a query,
as a portal would that matches in a loop; on a share of the findings, scaled up.
"""

import sys
import time

from tests.bench.database import own_database, say

FINDINGS, SHARE = 10_000, 500
AIM = 5.0
"""Seconds, for storing and for matching."""


def main() -> int:
    """Measure in a database of its own."""
    with own_database("findings") as there:
        if there:
            _measure()
    return 0


def _measure() -> None:
    from django.db import connection  # noqa: PLC0415 - after the settings

    from governance.policies import baseline  # noqa: PLC0415 - ditto
    from governance.services.policies import publish_policy, store_policy  # noqa: PLC0415 - ditto
    from plugins.models import Finding, Issue  # noqa: PLC0415 - ditto
    from tests.factories import PluginFactory  # noqa: PLC0415 - ditto

    publish_policy(policy=store_policy(rules=baseline()))
    plugin = PluginFactory()
    stored, first = _run(plugin, _findings("src"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    again, matched = _run(plugin, _findings("src"))
    renamed, moved = _run(plugin, _findings("lib")[FINDINGS // 10 :])
    states = [set(run.findings.filter(check_code="static").values_list("state", flat=True)) for run in (again, renamed)]
    if states != [{"unchanged"}, {"moved"}] or Issue.objects.filter(check_code="static").count() != FINDINGS:
        raise AssertionError(f"{states}, {Issue.objects.count()} issues")
    if renamed.fixed.count() != FINDINGS // 10:
        raise AssertionError(f"{renamed.fixed.count()} fixed")
    rows = list(stored.findings.filter(check_code="static")[:SHARE])
    found = Finding.objects.filter(run=stored)
    _none, one_by_one = _timed(lambda: [_written_by_itself(row) for row in rows])
    _none, looked_up = _timed(lambda: [found.filter(fingerprint=row.fingerprint).first() for row in rows])
    scale = FINDINGS / SHARE
    say(f"\n{FINDINGS:,} findings of one plugin; seconds")
    for what, seconds, slow in (
        ("stored", first, one_by_one * scale),
        ("the same again, matched", matched, (one_by_one + looked_up) * scale),
        ("every file renamed", moved, None),
    ):
        ratio = f"   one by one {slow:.1f}, {slow / seconds:.1f} times as long" if slow else ""
        say(f"  {what:<25} {seconds:>7.2f}   aim <= {AIM:.2f}  {'met' if seconds <= AIM else 'NOT MET'}{ratio}")


def _findings(folder):
    from tests.plugins import cases  # noqa: PLC0415 - after the settings

    return [
        cases.finding(rule=f"rule-{n % 50}", path=f"{folder}/f{n % 400}.js", line=n, snippet=f"call({n // 3})")
        for n in range(FINDINGS)
    ]


def _run(plugin, findings):
    """A run of the plugin's next version; with the seconds from what is known of it to the end of its transaction."""
    from plugins.services import runs  # noqa: PLC0415 - after the settings
    from plugins.services.past import past_of  # noqa: PLC0415 - ditto
    from tests.factories import VettingRunFactory  # noqa: PLC0415 - ditto
    from tests.plugins import cases  # noqa: PLC0415 - ditto
    from tests.support.reports import made_report, recognised  # noqa: PLC0415 - ditto

    run = VettingRunFactory(queued=True, version__state="vetting", version__plugin=plugin)
    static = cases.result("static", findings=findings, observations=cases.OBSERVED)
    report = made_report(cases.with_result(cases.clean_results(), static))
    taken = runs._take_up(run.pk)
    return _timed(lambda: runs._conclude(run.pk, taken.attempts, recognised(report, past_of(taken))))


def _timed(call):
    begin = time.perf_counter()
    given = call()
    return given, time.perf_counter() - begin


def _written_by_itself(row) -> None:
    from django.db import transaction  # noqa: PLC0415 - after the settings

    with transaction.atomic():
        row.pk = None
        row.save(force_insert=True)


if __name__ == "__main__":
    sys.exit(main())
