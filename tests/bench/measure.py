"""Measure one package: the engines in series, the pipeline warm in this process, `vet` in a process of its own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from governance.policies import baseline
from plugins.advisories.starter import NAME, starter_feed
from plugins.checks.base import FeedSnapshot
from plugins.intake import intake
from plugins.sandbox.python import CODE_ROOT
from plugins.vetting import vet
from tests.bench.front_doors import Spent, series, spend

NO_VERDICT = 2
"""Exit codes of `vet` from here on that are no verdict; 3 is one."""


@dataclass(slots=True)
class Round:
    """One round: everything once, right after each other, so that load from outside hits all of it alike."""

    engines: dict[str, Spent]
    warm: Spent
    cold: Spent
    checks: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Milliseconds of wall clock and of engine processor time, by check."""

    @property
    def series(self) -> float:
        """The engines one after the other."""
        return sum(spent.wall for spent in self.engines.values())

    @property
    def bound(self) -> float:
        """Faster than this no machine with as many processors can be with the engines as they are."""
        slowest = max(spent.indivisible for spent in self.engines.values())
        return max(slowest, sum(spent.cpu for spent in self.engines.values()) / (os.cpu_count() or 1))


def measure(artifact: Path, *, cache: Path, data: Path, rounds: int) -> list[Round]:
    """Measure `rounds` times, after one that does not count. `data` is an empty folder for `vet` to keep state in."""
    policy, feed = baseline(), _feed()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        work.chmod(0o755)
        with intake(artifact, filename=artifact.name, work=work / "baseline") as taken:
            kept: list[Round] = []
            for _ in range(rounds + 1):
                engines = series(taken.root, taken.package, cache, work)
                report = None

                def pipeline() -> None:
                    nonlocal report
                    with intake(artifact, filename=artifact.name, work=work / "warm") as own:
                        report = vet(own, policy=policy, feed=lambda _package: feed, cache=cache)

                warm = spend(pipeline)
                cold = spend(lambda: _cold(artifact, data))
                assert report is not None
                checks = {result.code: (result.duration_ms, result.cpu_ms) for result in report.results}
                kept.append(Round(engines, warm, cold, checks))
    return kept[1:]


def middle(values: list[float]) -> float:
    """The median."""
    return statistics.median(values)


def _cold(artifact: Path, data: Path) -> None:
    environment = {**os.environ, "PLUGWARDEN_DATA": str(data), "PLUGWARDEN_ENV": "test"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "manage.py", "vet", str(artifact), "--format", "json"]
    done = subprocess.run(command, cwd=CODE_ROOT, env=environment, capture_output=True, check=False)
    if done.returncode == NO_VERDICT or b'"verdict"' not in done.stdout:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:] or done.stdout.decode()[-500:])


def _feed() -> FeedSnapshot:
    records = tuple(starter_feed())
    return FeedSnapshot((NAME,), len(records), age_days=0.0, demo=True, advisories=records)
