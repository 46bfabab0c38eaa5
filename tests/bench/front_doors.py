"""The baseline: each engine called as a user would call it, by its own front door, one after the other, no sandbox.

kingfisher and pip-audit by their programs, bandit by its program, yara-x by a script that compiles GuardDog's rules and
scans every file, ast-grep by our engine with our rules, since the library has no front door of its own. Running
the plugin has none either: that is our watched sandbox by itself, with nothing else beside it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.advisories.endpoint import serving
from plugins.advisories.matching import AdvisoryIndex
from plugins.checks import kingfisher, yara_rules
from plugins.checks.behaviour.plan import plan_for
from plugins.checks.static import ast_grep, rules
from plugins.sandbox.python import CODE_ROOT
from plugins.sandbox.watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plugins.checks.behaviour.plan import Plan
    from plugins.package import Package
    from plugins.sandbox.watch import PhaseRecord

RUN = "the plugin, run"
SCRIPTS = Path(sysconfig.get_path("scripts"))
ENDED_WELL = {
    "bandit": (0, 1),
    "kingfisher": kingfisher.ENDED_WELL,
    "pip-audit": (0, 1),
    "ast-grep": (0,),
    "yara-x": (0,),
}


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of wall clock and of processor."""

    wall: float
    cpu: float
    piece: float = 0.0
    """Wall clock of its longest part that cannot be split over processors, where that is not the whole of it."""

    @property
    def indivisible(self) -> float:
        """Seconds that it takes however many processors there are."""
        return self.piece or self.wall


def spend(work: Callable[[], object]) -> Spent:
    """What a piece of work costs, its subprocesses included once they have ended."""
    start, before = time.perf_counter(), _cpu()
    work()
    return Spent(time.perf_counter() - start, _cpu() - before)


def series(tree: Path, package: Package, cache: Path, scratch: Path) -> dict[str, Spent]:
    """Run every engine that has something to do, one after the other."""
    spent = {}
    for name, command, stdin in _commands(tree, package, cache, scratch):
        spent[name] = spend(lambda name=name, command=command, stdin=stdin: _call(name, command, stdin, cache))
    plan = plan_for(package, tree)
    if plan.phases:
        phases: list[float] = []
        whole = spend(lambda: phases.extend(one.duration for one in _run(plan)))
        spent[RUN] = replace(whole, piece=max(phases))
    return spent


def _run(plan: Plan) -> Sequence[PhaseRecord]:
    """The plugin by itself, phase after phase."""
    return watch(plan.phases, binds=plan.binds, together=1).phases


def _commands(tree: Path, package: Package, cache: Path, scratch: Path) -> Iterator[tuple[str, Sequence[str], bytes]]:
    if any(file.language == "python" for file in package.files):
        yield "bandit", [str(SCRIPTS / "bandit"), "-r", str(tree), "-f", "json", "-q", "--ignore-nosec"], b""
    yield "ast-grep", [sys.executable, "-m", ast_grep.MODULE], _ast_grep_request(tree, package)
    yield "kingfisher", [str(SCRIPTS / "kingfisher"), "scan", str(tree), *kingfisher.OPTIONS], b""
    pins = sorted({f"{d.name}=={d.pinned}" for d in package.dependencies if d.ecosystem == "PyPI" and d.pinned})
    if pins:
        file = scratch / "requirements.txt"
        file.write_text("\n".join(pins) + "\n")
        with serving(AdvisoryIndex([])) as address:
            options = ["--no-deps", "--disable-pip", "-s", "osv", "--osv-url", address, "-f", "json"]
            yield "pip-audit", [str(SCRIPTS / "pip-audit"), "-r", str(file), *options], b""
    script = str(Path(__file__).with_name("yara_scan.py"))
    yield "yara-x", [sys.executable, script, str(yara_rules.installed().folder), str(tree)], b""


def _ast_grep_request(tree: Path, package: Package) -> bytes:
    request = {
        "root": str(tree),
        "files": [[file.path, file.language] for file in package.code_files if file.language in ast_grep.LANGUAGES],
        "rules": rules.load().engine_rules,
        "limits": {"bytes": ast_grep.FILE_BYTES, "seconds": ast_grep.FILE_SECONDS, "hits": ast_grep.HITS_A_FILE},
    }
    return json.dumps(request).encode()


def _call(name: str, command: Sequence[str], stdin: bytes, cache: Path) -> None:
    environment = {**os.environ, "KF_RULE_CACHE_DIR": str(kingfisher.cache_folder(cache))}
    done = subprocess.run(command, input=stdin, capture_output=True, cwd=CODE_ROOT, env=environment, check=False)
    if done.returncode not in ENDED_WELL[name]:
        raise RuntimeError(f"{name} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}")


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
