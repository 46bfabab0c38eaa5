import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings

from plugins.work import SETTLED, sweep, work_folder
from tests.support.environment import ROOT

HOLD = """
import time
from plugins.work import work_folder
with work_folder("run") as folder:
    (folder / "vet-x").mkdir()
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def aged(folder):
    """Make a folder look as if nobody had touched it for long."""
    long_ago = time.time() - SETTLED - 60
    os.utime(folder, (long_ago, long_ago))
    return folder


def test_a_work_folder_is_gone_when_its_work_is_over():
    with work_folder("upload") as folder:
        assert folder.name.startswith("upload-")
        assert folder.parent == settings.DATA_DIR / "work"

    assert not folder.exists()


def test_what_is_in_use_is_never_swept():
    with work_folder("run") as folder:
        aged(folder)

        assert sweep() == 0
        assert folder.exists()


def test_what_a_killed_process_left_is_swept(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", f"import django; django.setup(){HOLD}"],
        cwd=ROOT,
        env=os.environ | {"PLUGWARDEN_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "governance.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    folder = aged(type(tmp_path)(holder.stdout.readline().strip()))
    assert sweep() == 0

    holder.send_signal(signal.SIGKILL)
    holder.communicate()

    assert sweep() == 1
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["vet-", "scratch-", "fetch-", "upload-", "run-"])
def test_what_was_just_made_is_left_alone_and_what_is_old_is_swept(tmp_path, kind):
    old, fresh = (tmp_path / "work" / f"{kind}{name}" for name in ("old", "fresh"))
    for folder in (old, fresh):
        folder.mkdir(parents=True)
    aged(old)

    assert sweep() == 1
    assert (old.exists(), fresh.exists()) == (False, True)


def test_what_is_not_ours_is_left_alone(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    work = tmp_path / "work"
    (work / "notes").mkdir(parents=True)
    (work / "run-file").write_text("x")
    (work / "run-link").symlink_to(elsewhere)
    for path in (elsewhere, work / "notes", work / "run-file"):
        aged(path)

    assert sweep() == 0
    assert elsewhere.exists()


def test_there_may_be_nothing_to_sweep():
    assert sweep() == 0
