"""What the first `make run` leaves on disk."""

import stat

from governance.management.commands import prepare


def test_a_new_database_is_ours_alone(settings, monkeypatch, tmp_path):
    path = tmp_path / "data" / "plugwarden.sqlite3"
    monkeypatch.setitem(prepare.connection.settings_dict, "NAME", str(path))
    monkeypatch.setattr(prepare.connection, "vendor", "sqlite")

    prepare._keep_private()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
