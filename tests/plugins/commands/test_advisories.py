"""`manage.py advisories` as printed in the README: in a plain checkout, without settings of any kind."""

import os
import subprocess
import sys

import pytest

from tests.plugins.commands.cases import ROOT


def advisories(data, *arguments):
    """Run the command as somebody does who set nothing but the data folder, and take its last line."""
    environment = {"PATH": os.environ["PATH"], "PLUGWARDEN_DATA": str(data), "PLUGWARDEN_ENV_FILE": os.devnull}
    ended = subprocess.run(
        [sys.executable, "manage.py", "advisories", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    return ended.stderr.strip()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["import", "nowhere.zip"], "nowhere.zip cannot be read: No such file or directory."),
        (["import", "tests"], "tests cannot be read: Is a directory."),
        (["status"], "Where there is none yet, run: make setup"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path, arguments, says):
    line = advisories(tmp_path, *arguments)

    assert line.startswith("CommandError: ")
    assert line.endswith(says)
