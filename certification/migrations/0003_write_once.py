"""What a row with states says for good is written once: the database itself refuses to change it."""

from django.db import migrations

from governance.db.write_once import WriteOnce


class Migration(migrations.Migration):
    dependencies = [("certification", "0002_append_only")]

    operations = [
        WriteOnce(
            "certification_certificate",
            [
                "serial",
                "version_id",
                "decision_id",
                "run_id",
                "policy_id",
                "sha256",
                "tier",
                "not_before",
                "not_after",
                "conditions",
                "bundle",
                "bundle_sha256",
                "keyid",
                "demo",
                "issued_at",
                "issued_by_id",
            ],
        ),
    ]
