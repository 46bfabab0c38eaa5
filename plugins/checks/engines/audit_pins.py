"""Inside the sandbox: serve OSV records on 127.0.0.1, let pip-audit ask about pinned lines, print what it said.

Standard input is one JSON object: `batches`, lists of `name==version` lines no package of which stands twice in one
list, and `records`, OSV records. Standard output is one JSON object: `engine_version` and `runs`, one
`{"returncode", "stdout", "stderr"}` for each batch. Judging them is the caller's work.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import runpy
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from plugins.advisories.endpoint import serving
from plugins.advisories.matching import AdvisoryIndex
from plugins.advisories.osv import parse_record

STDERR_LIMIT = 2000
CRASHED = 70


def main() -> None:
    """Read the request, run every batch, print the result."""
    request = json.load(sys.stdin)
    _spare_pip()
    index = AdvisoryIndex([parse_record(record) for record in request["records"]])
    with serving(index) as address:
        runs = [audit(lines, address) for lines in request["batches"]]
    json.dump({"engine_version": importlib.metadata.version("pip-audit"), "runs": runs}, sys.stdout)


def _spare_pip() -> None:
    """Answer the one question pip-audit's libraries ask pip on import, its version; pip takes a quarter of a second.

    Nothing else is asked with `--disable-pip`; whatever would be, fails, and pip-audit with it.
    """
    stand_in = Path(tempfile.mkdtemp(), "python")
    version = importlib.metadata.version("pip")
    stand_in.write_text(f'#!/bin/sh\n[ "$*" = "-m pip --version" ] && echo "pip {version} from / (python 3)"\n')
    stand_in.chmod(0o755)
    os.environ["PIPAPI_PYTHON_LOCATION"] = str(stand_in)


def audit(lines: list[str], address: str) -> dict[str, object]:
    """Run pip-audit on the lines as `python -m pip_audit` would, resolving nothing, asking `address` only.

    In this interpreter, since another one would import for a quarter of a second what this one has.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("\n".join(lines) + "\n")
        options = ["--no-deps", "--disable-pip", "-s", "osv", "--osv-url", address, "-f", "json"]
        quiet = ["--progress-spinner", "off", "--cache-dir", str(Path(folder, "cache"))]
        return call_module("pip_audit", ["-r", str(file), *options, *quiet])


def call_module(name: str, arguments: list[str]) -> dict[str, object]:
    """Run a module as a program and keep what it printed; a crash ends with 70, which no program here means well."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    sys.argv = [name, *arguments]
    with redirect_stdout(out), redirect_stderr(err):
        try:
            runpy.run_module(name, run_name="__main__", alter_sys=False)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except Exception as crash:  # noqa: BLE001 - whatever broke in it, the caller is told that it did
            err.write(f"{type(crash).__name__}: {crash}")
            code = CRASHED
    return {"returncode": code, "stdout": out.getvalue(), "stderr": err.getvalue()[-STDERR_LIMIT:]}


if __name__ == "__main__":
    main()
