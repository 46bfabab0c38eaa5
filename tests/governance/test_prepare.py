"""What the first `make run` leaves on disk, and what it needs there."""

import os
import stat
import subprocess
import sys

from governance.management.commands import prepare


def test_a_new_database_is_ours_alone(settings, monkeypatch, tmp_path):
    path = tmp_path / "data" / "plugwarden.sqlite3"
    monkeypatch.setitem(prepare.connection.settings_dict, "NAME", str(path))
    monkeypatch.setattr(prepare.connection, "vendor", "sqlite")

    prepare._keep_private()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_charts_ask_for_no_home_folder(tmp_path):
    said = subprocess.run(
        [sys.executable, "-c", "import django; django.setup(); import audits.reports.charts"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/proc/nowhere",
            "DJANGO_SETTINGS_MODULE": "governance.settings",
            "PLUGWARDEN_DATA": str(tmp_path),
            "PLUGWARDEN_ENV_FILE": os.devnull,
            "SECRET_KEY": "x",
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stderr == ""
