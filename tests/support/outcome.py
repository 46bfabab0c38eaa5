"""Writes what a pytest session came to into a file, for run_all to add up."""

import json
import os
from pathlib import Path

RESULT = "PLUGWARDEN_TEST_RESULT"
"""Variable naming the file; without it nothing is written."""


def pytest_terminal_summary(terminalreporter, exitstatus):
    """Count what was reported; an error in a fixture is a failure."""
    if RESULT not in os.environ:
        return
    stats = terminalreporter.stats
    count = {name: len(stats.get(name, ())) for name in ("passed", "failed", "error", "skipped", "xfailed", "xpassed")}
    Path(os.environ[RESULT]).write_text(
        json.dumps(
            {
                "passed": count["passed"] + count["xpassed"],
                "failed": count["failed"] + count["error"],
                "skipped": count["skipped"] + count["xfailed"],
                "exit": int(exitstatus),
                "reasons": sorted({_reason(report) for report in stats.get("skipped", ())}),
            }
        )
    )


def _reason(report):
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")
