"""GuardDog's own command against our check with its rules, on the same real packages in the same rounds.

    python -m tests.bench.guarddog [--rounds N] [TARGET ...]     one row a package, then the ratios
    python -m tests.bench.guarddog --once ARTIFACT               what a cold process of ours does

GuardDog is installed, with everything it needs and in the release whose rules we use, into an environment of its own
below `var/cache`. It runs as it is meant to, in its own sandbox; the lists of popular names that it would fetch anew
are laid there fresh, so that it does not wait for a network. Ours is measured three times: the check alone (sandbox,
scan, correlation) on the tree that the pipeline unpacks once for all checks; with reading and unpacking the archive;
and all that in a cold process. Processor time counts what child processes use.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Severity
from plugins.checks import yara_rules
from plugins.checks.base import Workspace
from plugins.checks.malware import MalwareCheck
from plugins.checks.warm import warm
from plugins.fetching import FetchFailed, fetch
from plugins.intake import intake
from plugins.sandbox.python import CODE_ROOT
from tests.bench.front_doors import Spent, spend
from tests.bench.measure import middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugins.checks.base import CheckResult, Finding

TARGETS = (
    "npm:n8n-nodes-evolution-api@1.0.4",
    "npm:@mendable/n8n-nodes-firecrawl@2.1.2",
    "npm:node-red-dashboard@3.6.6",
    "npm:node-red-contrib-telegrambot@19.0.1",
    "npm:axios@1.7.9",
    "npm:ethers@6.13.4",
    "npm:pm2@5.4.3",
    "npm:systeminformation@5.23.5",
    "npm:esbuild@0.24.0",
    "pypi:wagtail-localize==1.14.5",
    "pypi:airflow-provider-mlflow==1.1.0",
    "pypi:netbox-bgp==0.20.2",
    "pypi:django-allauth==65.3.0",
    "pypi:requests==2.32.3",
    "pypi:paramiko==3.5.0",
    "pypi:yt-dlp==2024.12.13",
)
AIM = 10.0
LISTS = "guarddog/analyzer/metadata/resources"
Command = tuple[list[str], dict[str, str]]
"""A command and its environment."""
Seen = frozenset[tuple[str, str]]
"""Rule and file."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one of the two says of a package; `own` is how many findings our own rules have."""

    verdict: str
    seen: Seen
    own: int = 0


@dataclass(slots=True)
class Row:
    """One package: what each round cost, and what was said."""

    target: str
    spent: dict[str, list[Spent]]
    theirs: Said
    ours: Said

    def cost(self, what: str, kind: str = "wall") -> float:
        """The median of a measurement, in seconds."""
        return middle([getattr(spent, kind) for spent in self.spent[what]])

    def ratio(self, what: str, kind: str = "wall") -> float:
        """How many times longer GuardDog took, in the median of the rounds."""
        pairs = zip(self.spent["guarddog"], self.spent[what], strict=True)
        return middle([getattr(one, kind) / getattr(other, kind) for one, other in pairs])


def main() -> int:
    """Measure and print; 2 where something could not be had."""
    options = _options()
    cache = Path(os.environ.get("REAL_PACKAGES_CACHE", CODE_ROOT / "var" / "cache"))
    if options.once:
        with _unpacked(Path(options.once), cache) as space:
            return _print(json.dumps(sorted(_said(MalwareCheck().run(space).findings).seen)))
    warm(cache)
    version = yara_rules.installed().version
    try:
        command = guarddog(version, cache / "bench-guarddog")
        with tempfile.TemporaryDirectory() as folder:
            rows = [
                _row(target, _fetched(target, folder, cache), command, rounds=options.rounds, cache=cache)
                for target in options.targets or TARGETS
            ]
    except (FetchFailed, subprocess.CalledProcessError) as problem:
        sys.stderr.write(f"{problem}\n{getattr(problem, 'stderr', '') or ''}\n")
        return 2
    return _print(*_table(rows, version))


def guarddog(version: str, place: Path) -> Command:
    """Its command and environment, installed where it is not yet; CalledProcessError where that fails."""
    program = place / "bin" / "guarddog"
    if not program.exists():
        venv.create(place, with_pip=True)
        pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", f"guarddog=={version}"]
        subprocess.run(pip, check=True, capture_output=True, text=True)
    (packages,) = place.glob("lib/python*/site-packages")
    lists = place / "lists"
    lists.mkdir(exist_ok=True)
    for file in (packages / LISTS).iterdir():
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".json":
            text = json.dumps({**json.loads(text), "downloaded_timestamp": int(time.time())})
        (lists / file.name).write_text(text, encoding="utf-8")
    return [str(program)], {**os.environ, "GUARDDOG_TOP_PACKAGES_CACHE_LOCATION": str(lists)}


def _fetched(target: str, folder: str, cache: Path) -> Path:
    return fetch(target, into=Path(tempfile.mkdtemp(dir=folder)), cache=cache).path


@contextmanager
def _unpacked(artifact: Path, cache: Path) -> Iterator[Workspace]:
    with tempfile.TemporaryDirectory() as folder:
        work, scratch = Path(folder), Path(folder, "scratch")
        work.chmod(0o755)
        scratch.mkdir()
        with intake(artifact, filename=artifact.name, work=work) as taken:
            yield Workspace(taken.package, artifact, taken.unpacked_tree(), scratch, cache)


def _said(findings: Iterable[Finding]) -> Said:
    counted = [finding for finding in findings if finding.severity is not Severity.INFO]
    worst = max((finding.severity for finding in counted), key=lambda severity: severity.rank, default=None)
    seen = frozenset((finding.rule, finding.path) for finding in counted if finding.rule.startswith("threat_"))
    own = sum(not finding.rule.startswith("threat_") for finding in counted)
    return Said(worst.value if worst else "nothing", seen, own)


def _row(target: str, artifact: Path, guarddog: Command, *, rounds: int, cache: Path) -> Row:
    command, environment = guarddog
    scan = [*command, target.partition(":")[0], "scan", str(artifact), "--output-format", "json"]
    cold = [sys.executable, "-m", "tests.bench.guarddog", "--once", str(artifact)]
    spent: dict[str, list[Spent]] = {"guarddog": [], "check": [], "with unpacking": [], "cold": []}
    answers: list[str] = []
    results: list[CheckResult] = []

    def with_unpacking() -> None:
        with _unpacked(artifact, cache) as space:
            MalwareCheck().run(space)

    for _ in range(rounds):
        spent["guarddog"].append(spend(lambda: answers.append(_output(scan, environment))))
        with _unpacked(artifact, cache) as space:
            spent["check"].append(spend(lambda space=space: results.append(MalwareCheck().run(space))))  # type: ignore[misc]
        spent["with unpacking"].append(spend(with_unpacking))
        spent["cold"].append(spend(lambda: _output(cold, dict(os.environ))))
    return Row(target, spent, _theirs(json.loads(answers[-1]), artifact), _said(results[-1].findings))


def _output(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, cwd=CODE_ROOT, check=True, capture_output=True, text=True)
    return done.stdout


def _theirs(answer: dict[str, Any], artifact: Path) -> Said:
    if answer["errors"]:
        raise subprocess.CalledProcessError(0, "guarddog", stderr=str(answer["errors"]))
    risks = frozenset(
        (risk["threat_rule"].replace("-", "_"), _bare(risk["threat_location"].rpartition(":")[0], artifact))
        for risk in answer["risks"]
    )
    return Said(answer["risk_score"]["label"], risks)


def _bare(path: str, artifact: Path) -> str:
    """Without the archive's top folder, as our paths are; wheels have none."""
    return path if artifact.suffix == ".whl" else path.partition("/")[2]


def _table(rows: list[Row], version: str) -> list[str]:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    head = (
        "package", "guarddog", "check", "÷", "÷ cpu", "with unpacking", "÷", "cold", "÷", "guarddog says", "we say",
        "both", "only it", "only we", "our rules",
    )  # fmt: skip
    lines = [f"guarddog {version}; medians of seconds; load {load}", "| " + " | ".join(head) + " |"]
    for row in rows:
        one, other = row.theirs.seen, row.ours.seen
        cells = (
            row.target, f"{row.cost('guarddog'):.2f}", f"{row.cost('check'):.2f}", f"{row.ratio('check'):.1f}",
            f"{row.ratio('check', 'cpu'):.1f}", f"{row.cost('with unpacking'):.2f}",
            f"{row.ratio('with unpacking'):.1f}",
            f"{row.cost('cold'):.2f}", f"{row.ratio('cold'):.1f}", row.theirs.verdict, row.ours.verdict,
            len(one & other), len(one - other), len(other - one), row.ours.own,
        )  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    for row in rows:
        lines += [
            f"only guarddog: {row.target} {rule} {path}" for rule, path in sorted(row.theirs.seen - row.ours.seen)
        ]
        lines += [f"only we: {row.target} {rule} {path}" for rule, path in sorted(row.ours.seen - row.theirs.seen)]
    return [*lines, *(_judged(rows, what) for what in ("check", "with unpacking", "cold"))]


def _judged(rows: list[Row], what: str) -> str:
    walls, cpus = ([row.ratio(what, kind) for row in rows] for kind in ("wall", "cpu"))
    met = "met" if middle(walls) >= AIM else "NOT MET"
    return (
        f"{what}: {middle(walls):.1f} x faster (least {min(walls):.1f}, most {max(walls):.1f}), "
        f"in processor time {middle(cpus):.1f} x   aim >= {AIM:.0f}  {met}"
    )


def _print(*lines: str) -> int:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.guarddog", description=__doc__)
    parser.add_argument("targets", nargs="*", help="npm:NAME@VERSION or pypi:NAME==VERSION")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--once", default="")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
