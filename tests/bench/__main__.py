"""Print the table. `python -m tests.bench [--rounds N] [TARGET ...]`."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from plugins.checks.warm import warm
from plugins.fetching import FetchFailed, fetch
from plugins.sandbox import availability
from plugins.sandbox.python import CODE_ROOT
from tests.bench import capability_scan
from tests.bench.measure import Round, measure, middle

TARGETS = ("npm:n8n-nodes-evolution-api@1.0.4", "pypi:wagtail-localize==1.14.5")
SERIES_AIM, BOUND_AIM, COLD_AIM = 0.65, 1.15, 1.5
BY_THEMSELVES = (
    "tests.bench.archive",
    "tests.bench.rescan",
    "tests.bench.exposure",
    "tests.bench.findings",
    "tests.bench.guarddog",
    "tests.bench.ledger",
    "tests.bench.verification",
    "tests.bench.admission",
)
SHOWN_FROM = 0.05
"""Seconds from which on a check is worth a line."""
ENGINES = ("bandit", "ast-grep-py", "kingfisher-bin", "pip-audit", "yara-x")


def main() -> int:
    """Measure every target and say whether the aims are met."""
    options = _options()
    if reason := availability():
        return _fail(f"No sandbox, nothing to measure: {reason}")
    cache = Path(os.environ.get("REAL_PACKAGES_CACHE", CODE_ROOT / "var" / "cache"))
    warm(cache)
    say(_machine())
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        data.mkdir(mode=0o755)
        (data / "cache").symlink_to(cache.resolve())
        for target in options.targets or TARGETS:
            into = Path(tempfile.mkdtemp(dir=folder))
            try:
                artifact = fetch(target, into=into, cache=cache).path
            except FetchFailed as problem:
                return _fail(str(problem))
            _show(target, measure(artifact, cache=cache, data=data, rounds=options.rounds))
    try:
        _scan(cache, options.rounds)
    except FetchFailed as problem:
        return _fail(str(problem))
    # in processes of their own: their settings name a database, or their memory is measured
    ended = [subprocess.run([sys.executable, "-m", module], check=False).returncode for module in BY_THEMSELVES]
    return max(ended)


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _fail(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("targets", nargs="*", help="paths, npm:NAME@VERSION or pypi:NAME==VERSION")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def _machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    engines = ", ".join(f"{name} {version(name)}" for name in ENGINES)
    return (
        f"{os.cpu_count()} processors ({_processor()}), load {load}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}\n{engines}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _show(target: str, rounds: list[Round]) -> None:
    say(f"\n{target}, medians of {len(rounds)} rounds, seconds")
    say(f"  {'engine in series':<22}{'wall':>8}{'cpu':>8}")
    for name in rounds[0].engines:
        wall, cpu = (middle([getattr(r.engines[name], kind) for r in rounds]) for kind in ("wall", "cpu"))
        say(f"  {name:<22}{wall:>8.2f}{cpu:>8.2f}")
    say(f"  {'all in series':<22}{middle([r.series for r in rounds]):>8.2f}")
    say(f"  {'bound':<22}{middle([r.bound for r in rounds]):>8.2f}")
    for name, spent in (("pipeline, warm", [r.warm for r in rounds]), ("vet, cold", [r.cold for r in rounds])):
        say(f"  {name:<22}{middle([s.wall for s in spent]):>8.2f}{middle([s.cpu for s in spent]):>8.2f}")
    for code in rounds[0].checks:
        wall, cpu = (middle([r.checks[code][part] / 1000 for r in rounds]) for part in (0, 1))
        if wall >= SHOWN_FROM:
            say(f"    check {code:<16}{wall:>8.2f}{cpu:>8.2f}")
    _judge("pipeline / series", [r.warm.wall / r.series for r in rounds], SERIES_AIM)
    _judge("pipeline / bound", [r.warm.wall / r.bound for r in rounds], BOUND_AIM)
    _judge("cold - warm", [r.cold.wall - r.warm.wall for r in rounds], COLD_AIM)


def _scan(cache: Path, rounds: int) -> None:
    scans = capability_scan.measure(cache=cache, rounds=rounds)
    size = scans[0].bytes / 1_000_000
    say(f"\ncapability scan of {capability_scan.FILES:,} scripts ({size:.1f} MB), medians of {rounds} rounds, seconds")
    say(f"  {'':<34}{'wall':>8}{'cpu':>8}")
    rows = (
        ("ast-grep, each pattern by itself", [scan.baseline for scan in scans]),
        ("our engine, sandboxed", [scan.ours for scan in scans]),
    )
    for name, spent in rows:
        say(f"  {name:<34}{middle([one.wall for one in spent]):>8.2f}{middle([one.cpu for one in spent]):>8.2f}")
    _judge("scan / baseline", [scan.ours.wall / scan.baseline.wall for scan in scans], 1.0)
    _judge("scan, seconds", [scan.ours.wall for scan in scans], capability_scan.AIM)


def _judge(what: str, values: list[float], aim: float) -> None:
    met = "met" if middle(values) <= aim else "NOT MET"
    say(f"  {what:<22}{middle(values):>8.2f}   aim <= {aim:.2f}  {met}   (best round {min(values):.2f})")


if __name__ == "__main__":
    sys.exit(main())
