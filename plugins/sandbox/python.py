"""Run our own Python, or a program of our virtual environment, inside the sandbox."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.sandbox.contract import Bind, SandboxResult, SandboxUnavailable
from plugins.sandbox.runner import PATH, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugins.sandbox.limits import Limits

CODE_ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("plugins", "governance")
"""What engines may import. Never the folder above: it holds keys, the database and the environment file."""


def run_python(
    target: Path | str,
    *args: str,
    binds: Iterable[Bind] = (),
    env: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    cwd: str = "/tmp",  # noqa: S108 - inside the sandbox, where /tmp is private
    stdin: bytes = b"",
    network: bool = False,
) -> SandboxResult:
    """Run a script (Path, below plugins/ or governance/) or a module (str, dotted name) of ours with `args`.

    It may import our packages and everything installed beside us. Raises SandboxUnavailable as `run` does.
    """
    what = ["-m", target] if isinstance(target, str) else [str(target.absolute())]
    return run(
        [sys.executable, "-s", "-P", *what, *args],
        binds=[*python_binds(), *binds],
        env={**python_env(), **(env or {})},
        limits=limits,
        cwd=cwd,
        stdin=stdin,
        network=network,
    )


def run_tool(
    name: str,
    *args: str,
    binds: Iterable[Bind] = (),
    env: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    cwd: str = "/tmp",  # noqa: S108 - inside the sandbox, where /tmp is private
    stdin: bytes = b"",
    network: bool = False,
) -> SandboxResult:
    """Run a console script installed beside us (bandit, pip-audit …) with `args`; SandboxUnavailable if missing."""
    return run(
        [str(tool(name)), *args],
        binds=[*python_binds(), *binds],
        env={**python_env(), **(env or {})},
        limits=limits,
        cwd=cwd,
        stdin=stdin,
        network=network,
    )


def tool(name: str) -> Path:
    """Where a console script of our environment is; SandboxUnavailable, saying so, where it is not installed."""
    path = Path(sysconfig.get_path("scripts")) / name
    if not os.access(path, os.X_OK):
        raise SandboxUnavailable(f"{name} is not installed. Install it with: make setup")
    return path


def distribution_file(distribution: str, suffix: str) -> Path:
    """The one installed file of a distribution whose path ends in `suffix`, e.g. a binary behind a Python shim."""
    import importlib.metadata  # noqa: PLC0415 - start-up time: it pulls in the mail parser

    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise SandboxUnavailable(f"{distribution} is not installed. Install it with: make setup") from error
    for file in files:
        if str(file).endswith(suffix):
            return Path(str(file.locate())).resolve()
    raise SandboxUnavailable(f"{distribution} is installed without {suffix}. Install it anew with: make setup")


def python_binds() -> list[Bind]:
    """The interpreter, its environment and our packages, read-only, at their own paths."""
    folders = {Path(sys.base_prefix), Path(sys.base_prefix).resolve(), Path(sys.prefix)}
    folders |= {CODE_ROOT / package for package in PACKAGES}
    return [Bind(folder) for folder in sorted(folders) if not folder.is_relative_to("/usr")]


def python_env() -> dict[str, str]:
    """The environment that makes the interpreter inside find the same modules as ours, and write nothing."""
    return {
        "PATH": f"{sysconfig.get_path('scripts')}:{PATH}",
        "PYTHONPATH": str(CODE_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }
