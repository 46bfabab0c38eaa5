"""`make test`: everything on SQLite, then what uses the database again on PostgreSQL; arguments go on to pytest.

The last line adds both up: `N passed, N failed, N skipped`. Whatever this machine could not run is named above it, and
with CI=true counts as a failure. Exit codes are pytest's: 0 all passed, 1 something failed, 5 nothing was collected.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import available, environment, outcome

PASSED, FAILED, INTERRUPTED, USAGE, NOTHING = 0, 1, 2, 4, 5
KINDS = {
    "browser": "tests in the browser",
    "redis": "the vetting over Redis",
    "real": "tests on real packages",
}


@dataclass
class Total:
    """What both passes came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    codes: list[int] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)

    def add(self, code: int, result: dict) -> None:
        """Add one pass; one that left no result has failed, whatever its code says."""
        self.codes.append(code if result or code else FAILED)
        self.passed += result.get("passed", 0)
        self.failed += result.get("failed", 0)
        self.skipped += result.get("skipped", 0)
        self.reasons |= set(result.get("reasons", ()))

    @property
    def line(self) -> str:
        """The last line."""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def say(text: str) -> None:
    """Print a line now: pytest's own output comes in between."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run both passes and say what they came to."""
    chosen = bool(arguments)
    missing = {kind: reason for kind, probe in available.PROBES.items() if (reason := probe())}
    postgres = available.postgres_url()
    total = Total()
    with tempfile.TemporaryDirectory(prefix="plugwarden-test-") as folder:
        environment_of = surroundings(Path(folder), missing)
        say("== SQLite ==")
        total.add(*run(arguments, environment_of | {"DATABASE_URL": ""}))
        if postgres and total.codes[-1] not in {INTERRUPTED, USAGE}:
            say("\n== PostgreSQL, what uses the database ==")
            code, result = run(with_marker(arguments, "database"), environment_of | {"DATABASE_URL": postgres})
            total.add(PASSED if code == NOTHING and chosen else code, result)  # a selection may hold none
    left_out = [f"{KINDS[kind]}: {reason}" for kind, reason in missing.items()]
    if not postgres:
        left_out.append("the second pass on PostgreSQL: none on 127.0.0.1:5432, and TEST_POSTGRES_URL is not set")
    return conclude(total, left_out)


def surroundings(folder: Path, missing: dict[str, str]) -> dict[str, str]:
    """The environment of both passes."""
    return os.environ | {
        available.FOUND: json.dumps(missing),
        outcome.RESULT: str(folder / "result.json"),
    }


def run(arguments: list[str], surroundings: dict[str, str]) -> tuple[int, dict]:
    """One pass of pytest over the processors there are: its exit code, and what it counted."""
    result = Path(surroundings[outcome.RESULT])
    result.unlink(missing_ok=True)
    workers = [] if any(part.startswith(("-n", "--numprocesses")) for part in arguments) else ["-n", "auto"]
    command = [sys.executable, "-m", "pytest", *workers, "--dist", "worksteal", *arguments]
    surroundings = {name: value for name, value in surroundings.items() if value}
    try:
        code = subprocess.run(command, cwd=environment.ROOT, env=surroundings, check=False).returncode
    except KeyboardInterrupt:
        code = INTERRUPTED
    return code, json.loads(result.read_text()) if result.exists() else {}


def with_marker(arguments: list[str], marker: str) -> list[str]:
    """The arguments, narrowed to a marker beside whatever `-m` they hold."""
    kept, given = list(arguments), ""
    if "-m" in kept[:-1]:
        at = kept.index("-m")
        given = kept[at + 1]
        del kept[at : at + 2]
    return [*kept, "-m", f"({given}) and {marker}" if given else marker]


def conclude(total: Total, left_out: list[str]) -> int:
    """Print what was left out and the sum; gives the exit code."""
    strict = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
    code = next((code for code in total.codes if code), PASSED)
    say("")
    for what in left_out:
        say(f"Left out: {what}.")
    if strict and (left_out or total.skipped):
        say("With CI=true nothing may be left out.")
        for reason in sorted(total.reasons):
            say(f"Skipped: {reason}")
        code = code or FAILED
    say(total.line)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
