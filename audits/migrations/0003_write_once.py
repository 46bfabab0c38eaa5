"""What a row with states says for good is written once: the database itself refuses to change it."""

from django.db import migrations

from governance.db.write_once import WriteOnce


class Migration(migrations.Migration):
    dependencies = [("audits", "0002_append_only")]

    operations = [
        WriteOnce(
            "audits_report",
            [
                "kind",
                "version_id",
                "audit_id",
                "snapshot",
                "pages",
                "requested_by_id",
                "requested_at",
            ],
        ),
    ]
