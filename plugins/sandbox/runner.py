"""Run a program in the sandbox. Safe to call from several threads at once."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plugins.sandbox import command, seccomp
from plugins.sandbox.contract import Bind, SandboxResult, SandboxUnavailable, Surroundings
from plugins.sandbox.exchange import Exchange
from plugins.sandbox.limits import Limits
from plugins.sandbox.uids import unprivileged_uid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["Bind", "Limits", "SandboxResult", "SandboxUnavailable", "availability", "run"]

PATH = "/usr/local/bin:/usr/bin:/bin"
PROBE_LIMITS = Limits(wall_seconds=10)
_probing = threading.Lock()


def run(
    argv: Sequence[str],
    *,
    binds: Iterable[Bind] = (),
    env: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    cwd: str = "/tmp",  # noqa: S108 - inside the sandbox, where /tmp is private
    stdin: bytes = b"",
    network: bool = False,
) -> SandboxResult:
    """Run `argv` without privileges, without network unless asked for, seeing only the system's /usr and `binds`.

    `env` is added to a minimal environment (PATH, HOME, LANG, TMPDIR). /tmp and the home folder are private and of
    limited size. Raises SandboxUnavailable where no sandbox can be made; never runs the program outside of one.
    """
    return execute(
        argv,
        mode=mode(),
        binds=tuple(binds),
        env=env or {},
        limits=limits or Limits(),
        cwd=cwd,
        stdin=stdin,
        network=network,
    )


def availability() -> str | None:
    """None where the sandbox works, else one sentence saying what to install or change."""
    try:
        mode()
    except SandboxUnavailable as refusal:
        return str(refusal)
    return None


def mode() -> command.Mode:
    with _probing:
        return _probe()


@functools.cache  # of what works only: a worker that runs on finds what was installed or permitted meanwhile
def _probe() -> command.Mode:
    """The strictest mode that works here. Raises SandboxUnavailable, saying why none does."""
    if sys.platform != "linux":
        raise SandboxUnavailable("The sandbox needs Linux.")
    for name in command.PROGRAMS:
        command.program(name)
    seccomp.program()
    reason = ""
    for mode in command.modes():
        try:
            result = execute(["/bin/true"], mode=mode, limits=PROBE_LIMITS)
        except SandboxUnavailable as refusal:
            reason = str(refusal)
            continue
        if result.ok:
            return mode
        reason = f"The sandbox does not work here: {result.ending} {last_line(result.stderr)}"
    raise SandboxUnavailable(f"{reason.rstrip('.')}. {command.PERMIT[os.geteuid() == 0]}")


def execute(
    argv: Sequence[str],
    *,
    mode: command.Mode,
    limits: Limits,
    binds: Sequence[Bind] = (),
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    stdin: bytes = b"",
    network: bool = False,
    around: Surroundings | None = None,
    began: Callable[[int], None] | None = None,
) -> SandboxResult:
    """As `run`, in a given mode and with `around` it; `began` is told the process id of what was started."""
    calls = seccomp.program()
    around = around or Surroundings()
    status_read, status_write = os.pipe()
    try:
        with (
            unprivileged_uid() as uid,
            _lent(binds, uid if mode.root else None),
            readable(calls) as filter_fd,
            _given(around.files, uid if mode.root else command.NOBODY) as files,
        ):
            try:
                line = command.build(
                    argv,
                    mode=mode,
                    uid=uid,
                    binds=binds,
                    limits=limits,
                    cwd=cwd,
                    network=network,
                    status_fd=status_write,
                    filter_fd=filter_fd,
                    joined=around.joined,
                    files=files,
                )
                started = time.monotonic()
                passed = (status_write, filter_fd, *files.values())
                process = _start([*around.wrap, *line], env=env or {}, pass_fds=passed, feed=bool(stdin))
            finally:
                os.close(status_write)
            if began:
                began(process.pid)
            return _converse(process, Exchange(process, status_read, limits, stdin), started)
    finally:
        os.close(status_read)


def _start(
    line: Sequence[str], *, env: Mapping[str, str], pass_fds: Sequence[int], feed: bool
) -> subprocess.Popen[bytes]:
    minimal = {"PATH": PATH, "HOME": command.HOME, "LANG": "C.UTF-8", "TMPDIR": "/tmp"}  # noqa: S108 - inside
    return subprocess.Popen(
        line,
        stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**minimal, **env},
        pass_fds=pass_fds,
        start_new_session=True,
        cwd="/",
    )


def _converse(process: subprocess.Popen[bytes], exchange: Exchange, started: float) -> SandboxResult:
    try:
        exchange.talk()
    finally:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    stopped = exchange.timed_out or exchange.truncated
    if exchange.exit_code is None and not stopped:
        raise SandboxUnavailable(f"The sandbox could not be set up: {last_line(exchange.stderr)}")
    return SandboxResult(
        returncode=None if stopped else exchange.exit_code,
        stdout=exchange.stdout,
        stderr=exchange.stderr,
        duration=time.monotonic() - started,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        timed_out=exchange.timed_out,
        truncated=exchange.truncated,
        limits=exchange.limits,
    )


@contextmanager
def readable(data: bytes) -> Iterator[int]:
    """A descriptor to read a few bytes from."""
    read, write = os.pipe()
    try:
        os.write(write, data)
        os.close(write)
        yield read
    finally:
        os.close(read)


@contextmanager
def _given(files: Mapping[str, bytes], uid: int) -> Iterator[dict[str, int]]:
    """A descriptor for each file to be made inside."""
    opened: dict[str, int] = {}
    try:
        for path, content in files.items():
            opened[path] = os.memfd_create("file", os.MFD_CLOEXEC)
            os.write(opened[path], content.replace(b"%UID%", str(uid).encode()))
            os.lseek(opened[path], 0, os.SEEK_SET)
        yield opened
    finally:
        for descriptor in opened.values():
            os.close(descriptor)


@contextmanager
def _lent(binds: Sequence[Bind], uid: int | None) -> Iterator[None]:
    """Give the writable folders to the sandbox's user for a while."""
    folders = [bind.source for bind in binds if bind.writable] if uid is not None else []
    owners = [folder.stat() for folder in folders]
    for folder in folders:
        os.chown(folder, uid or 0, uid or 0, follow_symlinks=False)
    try:
        yield
    finally:
        for folder, owner in zip(folders, owners, strict=True):
            os.chown(folder, owner.st_uid, owner.st_gid, follow_symlinks=False)


def last_line(output: bytes) -> str:
    """The last line a failed launcher wrote, without control characters."""
    lines = output.decode(errors="replace").strip().splitlines()
    return "".join(c for c in lines[-1] if c.isprintable())[:300] if lines else "it said nothing."
