"""One host runs an engine only so many times at once, whatever number of workers asks for it."""

import os
import signal
import subprocess
import sys
import threading
import time

from plugins.slots import hold
from tests.support.environment import ROOT

HOLDER = """
import sys, time
from pathlib import Path
from plugins.slots import hold
with hold(Path(sys.argv[1]), 'yara', 1):
    print('held', flush=True)
    time.sleep(60)
"""


def test_the_third_waits_until_one_of_two_slots_is_free(tmp_path):
    inside, most = [], []
    lock = threading.Lock()

    def work():
        with hold(tmp_path, "yara", 2):
            with lock:
                inside.append(1)
                most.append(len(inside))
            time.sleep(0.1)
            with lock:
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(most), max(most)) == (6, 2)


def test_engines_do_not_wait_for_each_other(tmp_path):
    with hold(tmp_path, "yara", 1), hold(tmp_path, "bandit", 1):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["bandit-0", "yara-0"]


def test_a_killed_worker_gives_its_slot_back(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()

    with hold(tmp_path, "yara", 1):
        pass


def test_where_nothing_can_be_counted_the_engine_runs_all_the_same(tmp_path, caplog):
    (tmp_path / "file").write_text("")

    with hold(tmp_path / "file" / "slots", "yara", 1):
        pass
    assert "engines are not counted" in caplog.text
