"""Run bandit on named files and print its report as JSON. Runs in the sandbox.

Through bandit's manager instead of its command line, since that one drops every file whose path *contains* one of its
default exclusions (`.git` drops `my.gitlab/x.py`) even where the file is named, and reads a `.bandit` file of the tree.
Request on stdin: `{"root": folder, "files": [path]}`. `# nosec` is ignored. Nothing is imported from the tree.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from bandit.core.config import BanditConfig  # type: ignore[import-untyped]
from bandit.core.manager import BanditManager  # type: ignore[import-untyped]


def examine(root: Path, paths: list[str]) -> dict[str, Any]:
    """Findings, files bandit could not parse with its words for why, and the files it really went through."""
    manager = BanditManager(BanditConfig(), "file", quiet=True, ignore_nosec=True)
    names = {str(root / path): path for path in paths}
    manager.discover_files([*names], recursive=False, excluded_paths="")
    manager.run_tests()
    skipped = {names[os.path.normpath(name)]: reason for name, reason in manager.get_skipped()}
    scanned = {names.get(os.path.normpath(name), "") for name in manager.metrics.data if name != "_totals"}
    return {
        "results": _results(manager, names),
        "skipped": skipped,
        "scanned": sorted(scanned - skipped.keys() - {""}),
    }


def _results(manager: Any, names: dict[str, str]) -> list[dict[str, Any]]:
    by_file: defaultdict[str, list[Any]] = defaultdict(list)
    for issue in manager.get_issue_list():
        by_file[names[os.path.normpath(issue.fname)]].append(issue)
    found = []
    for path, issues in by_file.items():
        lines = Path(issues[0].fname).read_bytes().decode("utf-8", "replace").splitlines()
        found += [_result(path, issue, lines) for issue in issues]
    return found


def _result(path: str, issue: Any, lines: list[str]) -> dict[str, Any]:
    line = lines[issue.lineno - 1].strip() if 0 < issue.lineno <= len(lines) else ""
    return {
        "path": path,
        "line": issue.lineno,
        "test": issue.test_id,
        "name": issue.test,
        "text": issue.text,
        "severity": issue.severity,
        "confidence": issue.confidence,
        "cwe": issue.cwe.id or 0,
        "snippet": line[:300],
    }


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    json.dump(examine(Path(request["root"]), request["files"]), sys.stdout)


if __name__ == "__main__":
    main()
