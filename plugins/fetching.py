"""Get a package by name with the ordinary clients, running none of its code: npm packs, pip takes the wheel.

Downloading an sdist can run its `setup.py` (pip asks it for metadata), so that happens in a sandbox with network, an
empty home and one writable folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from plugins.offered_origins import npm_attestations, pypi_attestations
from plugins.sandbox import Bind, Limits, SandboxUnavailable
from plugins.sandbox.network import network_binds, network_env
from plugins.sandbox.python import run_python

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugins.sandbox import SandboxResult

TIMEOUT = 300
ORIGIN = "origin"
"""Folder beside a fetched package for what proves its origin."""
_NPM = re.compile(
    r"(?P<name>(@[a-z0-9][a-z0-9._~-]*/)?[a-z0-9][a-z0-9._~-]*)@(?P<version>\d+\.\d+\.\d+([-+][0-9a-z.+-]+)?)",
    re.ASCII | re.IGNORECASE,
)
"""With all three numbers: to npm, fewer of them are a range."""
_PYPI = re.compile(r"(?P<name>[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)==(?P<version>[0-9A-Za-z][0-9A-Za-z.!+_-]*)")

_FAULT = re.compile(r"ERR|npm error")
_REASON = re.compile(r"No matching|could not be found|request to .* failed")
"""Words of the line in which npm or pip gives its reason; the lines around it are advice."""


class FetchFailed(Exception):
    """The target cannot be had; the text is one sentence, `code` a stable slug."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """A package file and the name it is known by."""

    path: Path
    filename: str
    attestations: tuple[Path, ...] = ()
    """What the registry offers to prove its origin, unverified."""


def fetch(target: str, *, into: Path, cache: Path | None = None) -> Target:
    """Resolve a target: a path as it is, `npm:NAME@VERSION` or `pypi:NAME==VERSION` by download into a folder.

    `cache` is a folder whose `packages/` is looked into first and kept filled. Raises FetchFailed.
    """
    kind, _, rest = target.partition(":")
    if kind == "npm" and rest:
        return _cached(rest, form=_NPM, wanted="npm:NAME@VERSION", download=_npm, into=into, cache=cache)
    if kind == "pypi" and rest:
        return _cached(rest, form=_PYPI, wanted="pypi:NAME==VERSION", download=_pypi, into=into, cache=cache)
    path = Path(target)
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError as problem:  # too long, or in a folder we may not enter
        raise FetchFailed("unreadable", f"{target[:200]!r} cannot be read: {problem.strerror}.") from problem
    if folder:
        raise FetchFailed("not-a-file", f"{target!r} is a folder; give the packed archive.")
    if not file:
        raise FetchFailed("no-such-file", f"There is no file {target!r}.")
    if not os.access(path, os.R_OK):
        raise FetchFailed("unreadable", f"{target!r} cannot be read.")
    return Target(path, path.name)


def _cached(
    spec: str,
    *,
    form: re.Pattern[str],
    wanted: str,
    download: Callable[[str, str, Path], Path],
    into: Path,
    cache: Path | None,
) -> Target:
    match = form.fullmatch(spec)
    if match is None:
        raise FetchFailed("bad-target", f"{spec[:200]!r} is not of the form {wanted} with an exact version.")
    shelf = cache / "packages" / quote(spec, safe="@=") if cache else None
    if shelf and (kept := next((file for file in sorted(shelf.glob("*")) if file.is_file()), None)):
        return Target(kept, kept.name, tuple(sorted((shelf / ORIGIN).glob("*"))))
    path = download(match["name"], match["version"], into)
    offered = _offered(download, match, path)
    if shelf:
        for file, place in ((offered, shelf / ORIGIN), (path, shelf)):  # the package last: it says that all is there
            if file:
                _shelve(file, place, shelf.parent)
    return Target(path, path.name, (offered,) if offered else ())


def _offered(download: Callable[[str, str, Path], Path], match: re.Match[str], path: Path) -> Path | None:
    """The attestations of a package that was fetched just now, beside it."""
    folder = path.parent / ORIGIN
    folder.mkdir(exist_ok=True)
    if download is _npm:
        return npm_attestations(match["name"], match["version"], folder)
    return pypi_attestations(match["name"], path.name, folder)


def _shelve(file: Path, place: Path, room: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    scratch = room / f".{os.getpid()}-{file.name}"
    shutil.copyfile(file, scratch)
    scratch.rename(place / file.name)


def _npm(name: str, version: str, into: Path) -> Path:
    """`npm pack` of a published version downloads its tarball and runs nothing; scripts are off all the same."""
    if shutil.which("npm") is None:
        raise FetchFailed("npm-missing", "npm is not installed; install Node.js to fetch npm packages.")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    command = ["npm", "pack", f"{name}@{version}", *options, "--pack-destination", str(into)]
    _client(command, into, f"npm could not fetch {name}@{version}")
    return _only_file(into, f"npm gave no package for {name}@{version}.")


def _pypi(name: str, version: str, into: Path) -> Path:
    """The wheel where there is one, since taking it runs nothing; else the sdist, by a pip locked in."""
    options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--dest", str(into)]
    wheel = [sys.executable, "-m", "pip", "download", *options, f"{name}=={version}"]
    try:
        _client(wheel, into, f"There is no wheel of {name} {version} for us")
    except FetchFailed:
        _sdist(name, version, into)
    return _only_file(into, f"pip gave no package for {name}=={version}.")


def _sdist(name: str, version: str, into: Path) -> None:
    inside = into / "sdist"
    inside.mkdir(mode=0o755)
    try:
        result = run_python(
            "pip",
            *("download", "--no-deps", "--no-binary=:all:", "--ignore-requires-python", "--dest", "/out"),
            f"{name}=={version}",
            binds=[Bind(inside, "/out", writable=True), *network_binds()],
            env=network_env(),
            limits=Limits(wall_seconds=TIMEOUT, cpu_seconds=TIMEOUT, processes=256),
            network=True,
        )
    except SandboxUnavailable as missing:
        raise FetchFailed("sandbox-unavailable", f"An sdist is only fetched inside the sandbox. {missing}") from missing
    if not result.ok:
        raise FetchFailed(
            "not-found", f"pip could not fetch {name}=={version}. {_reason(result.stderr)}{_hint(result)}"
        )
    found = [file for file in inside.iterdir() if file.is_file() and not file.is_symlink()]
    if len(found) != 1:
        raise FetchFailed("not-found", f"pip gave {len(found)} files for {name}=={version}.")
    shutil.move(found[0], into / found[0].name)
    shutil.rmtree(inside)


def _hint(result: SandboxResult) -> str:
    wants_to_build = b"requirements to build" in result.stderr or b"preparing metadata" in result.stderr.lower()
    return " Download the sdist some other way and give its path." if wants_to_build else ""


def _client(command: Sequence[str], cwd: Path, failure: str) -> None:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise FetchFailed("fetch-failed", f"{failure}: {type(problem).__name__}.") from problem
    if done.returncode:
        raise FetchFailed("not-found", f"{failure}: {_reason(done.stderr)}")


def _reason(output: bytes) -> str:
    lines = [
        line for line in output.decode("utf-8", "replace").splitlines() if line.strip() and "complete log" not in line
    ]
    telling = [line for line in lines if _FAULT.search(line)] or lines[-1:]
    reasons = [line for line in telling if _REASON.search(line)] or telling[-1:]
    line = "".join(char for char in reasons[0][:300] if char.isprintable()) if reasons else "no reason given"
    return f"{line.rstrip('.')}."


def _only_file(folder: Path, failure: str) -> Path:
    files = [file for file in folder.iterdir() if file.is_file()]
    if len(files) != 1:
        raise FetchFailed("not-found", failure)
    return files[0]
