"""What a family of processes holds is added up while its members come and go."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from plugins.sandbox.limits import MIB
from plugins.sandbox.watch import memory


@pytest.fixture
def family():
    """A shell, a shell below it and two programs below that one: the shell's process and the pids of the programs."""
    script = "sh -c 'sleep 60 & echo $!; sleep 60 & echo $!; wait' & wait"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True) as shell:
        yield shell, [int(shell.stdout.readline()) for _ in range(2)]
        os.killpg(shell.pid, 9)


def test_descendants_of_all_depths_are_found(family):
    shell, programs = family

    found = memory.descendants(shell.pid)

    assert set(programs) < set(found)
    assert len(found) == 3


@pytest.mark.parametrize("when", ["before its threads are read", "before its children are read"])
def test_who_ends_while_looked_at_hides_nobody_and_breaks_nothing(family, monkeypatch, when):
    """A look at processes that die meanwhile once ended the guard, and nobody counted any more."""
    shell, (first, second) = family
    listdir = os.listdir

    def dying(path):
        if path != f"/proc/{first}/task":
            return listdir(path)
        threads = listdir(path) if when.endswith("children are read") else None
        with suppress(ProcessLookupError):
            os.kill(first, 9)
        while _alive(first):
            pass
        return threads if threads is not None else listdir(path)

    monkeypatch.setattr(memory.os, "listdir", dying)

    assert second in memory.descendants(shell.pid)


def _alive(pid):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_who_is_gone_holds_nothing_and_is_nobodys_first():
    with subprocess.Popen(["true"]) as gone:
        pass

    assert (memory.resident(gone.pid), memory.is_first(gone.pid), memory.descendants(gone.pid)) == (0, False, [])


def test_what_is_shared_with_no_file_is_counted():
    code = "import sys; held = b'x' * (64 << 20); print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen(["python3", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        assert 64 * MIB <= memory.resident(holder.pid) < 128 * MIB
        holder.stdin.close()


def test_the_guard_outlives_those_it_counts(family):
    """It goes on counting after one of the family has ended, and stops when it is told to."""
    shell, (first, _second) = family
    guard = memory.Guard(1)  # byte, so that the first look exceeds it
    os.kill(first, 9)

    guard.watch(shell.pid)
    guard._thread.join(10)

    assert guard.exceeded
    guard.stop()
