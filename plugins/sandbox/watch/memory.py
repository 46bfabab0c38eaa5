"""What all processes of a run hold together: the kernel limits each by itself, so somebody has to add them up."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

PAGE = os.sysconf("SC_PAGE_SIZE")
LOOK_EVERY = 0.1
"""Seconds. A program can take some hundred MiB more meanwhile, no more than its limits let it."""


class Guard:
    """Adds up the memory of a process's descendants and ends them once it is too much."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.exceeded = False
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, pid: int) -> None:
        """Begin with the descendants of `pid`."""
        self._thread = threading.Thread(target=self._watch, args=(pid,), name="memory", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The run has ended."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, pid: int) -> None:
        while not self._over.wait(LOOK_EVERY):
            family = descendants(pid)
            if sum(map(resident, family)) > self.most:
                self.exceeded = True
                _end(family)
                return


def _end(family: list[int]) -> None:
    """Kill the first process of the sandbox, with which all of it ends."""
    for member in family:
        if is_first(member):
            with suppress(OSError):
                os.kill(member, signal.SIGKILL)


def is_first(pid: int) -> bool:
    """Whether a process is number 1 in a namespace below ours. Source: proc(5), status, NSpid."""
    lines = _read(f"/proc/{pid}/status").splitlines()
    numbers = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [])
    return len(numbers) > 1 and numbers[-1] == "1"


def descendants(pid: int) -> list[int]:
    """All processes below `pid`. Source: proc(5), `/proc/pid/task/tid/children`."""
    found, waiting = [], [pid]
    while waiting:
        tasks = f"/proc/{waiting.pop()}/task"
        with suppress(OSError):  # it has ended meanwhile
            for task in os.listdir(tasks):  # noqa: PTH208 - names are all that is wanted
                children = [int(child) for child in _read(f"{tasks}/{task}/children").split()]
                found += children
                waiting += children
    return found


def resident(pid: int) -> int:
    """Bytes in memory that a process shares with no file. Source: proc(5), statm."""
    pages = _read(f"/proc/{pid}/statm").split()
    return (int(pages[1]) - int(pages[2])) * PAGE if pages else 0


def _read(path: str) -> str:
    """A file of /proc; empty where its process has ended meanwhile. Ten times a second, so without pathlib."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123 - see above
            return file.read()
    except OSError:
        return ""
