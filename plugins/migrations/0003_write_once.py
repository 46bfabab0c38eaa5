"""What a row with states says for good is written once: the database itself refuses to change it."""

from django.db import migrations

from governance.db.write_once import WriteOnce


class Migration(migrations.Migration):
    dependencies = [("plugins", "0002_append_only")]

    operations = [
        WriteOnce(
            "plugins_pluginversion",
            [
                "plugin_id",
                "version",
                "artifact_id",
                "purl",
                "metadata",
                "declaration",
                "created_at",
            ],
        ),
        WriteOnce(
            "plugins_vettingrun",
            [
                "version_id",
                "policy_id",
                "trigger",
                "queued_at",
                "report",
                "score",
                "finished_at",
            ],
        ),
    ]
