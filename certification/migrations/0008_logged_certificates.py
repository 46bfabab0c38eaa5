"""Certificates are stored as they were signed, with their place in the log; status lists and signed check results.

Bundles are put together when they are fetched, so what is kept of a stored one is the certificate in it. Going back
leaves that where the bundle was: nothing that anybody signed is lost.
"""

import hashlib
import json

import django.db.models.deletion
from django.db import migrations, models

from governance.db import append_only, write_once
from governance.db.append_only import AppendOnly
from governance.db.write_once import WriteOnce

CERTIFICATE, HISTORY = "certification_certificate", "certification_historicalcertificate"
WRITTEN_ONCE = [
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
    "envelope",
    "envelope_sha256",
    "log_index",
    "keyid",
    "demo",
    "issued_at",
    "issued_by_id",
]


def lift_triggers(_apps, schema_editor):
    """Take away the triggers that keep these tables as they are; the end of the migration puts them back."""
    vendor = schema_editor.connection.vendor
    for statement in write_once.drop_statements(vendor, CERTIFICATE) + append_only.drop_statements(vendor, HISTORY):
        schema_editor.execute(statement, params=None)


def put_triggers_back(_apps, schema_editor):
    """Going back: the triggers as they were before."""
    vendor = schema_editor.connection.vendor
    before = [{"envelope": "bundle", "envelope_sha256": "bundle_sha256"}.get(name, name) for name in WRITTEN_ONCE]
    before.remove("log_index")
    statements = write_once.create_statements(vendor, CERTIFICATE, before)
    for statement in statements + append_only.create_statements(vendor, HISTORY):
        schema_editor.execute(statement, params=None)


def keep_the_certificate(apps, _schema_editor):
    """Put what a bundle holds of the certificate in the bundle's place. What is no bundle stays."""
    for name in ("Certificate", "HistoricalCertificate"):
        model = apps.get_model("certification", name)
        for row in model.objects.only("pk", "envelope").iterator():
            try:
                found = json.loads(bytes(row.envelope))["certificate"]
            except (ValueError, LookupError, TypeError):
                continue
            text = json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            envelope = text.encode()
            digest = hashlib.sha256(envelope).hexdigest()
            model.objects.filter(pk=row.pk).update(envelope=envelope, envelope_sha256=digest)


class Migration(migrations.Migration):
    dependencies = [
        ("certification", "0007_recalls"),
        ("plugins", "0017_proof_starts_runs"),
    ]

    operations = [
        migrations.RunPython(lift_triggers, put_triggers_back),
        migrations.RenameField("certificate", "bundle", "envelope"),
        migrations.RenameField("certificate", "bundle_sha256", "envelope_sha256"),
        migrations.AlterField(
            model_name="certificate",
            name="envelope",
            field=models.BinaryField(verbose_name="signed certificate"),
        ),
        migrations.AlterField(
            model_name="certificate",
            name="envelope_sha256",
            field=models.CharField(db_index=True, max_length=64, verbose_name="SHA-256 of the signed certificate"),
        ),
        migrations.RenameField("historicalcertificate", "bundle", "envelope"),
        migrations.RenameField("historicalcertificate", "bundle_sha256", "envelope_sha256"),
        migrations.AlterField(
            model_name="historicalcertificate",
            name="envelope",
            field=models.BinaryField(verbose_name="signed certificate"),
        ),
        migrations.AlterField(
            model_name="historicalcertificate",
            name="envelope_sha256",
            field=models.CharField(db_index=True, max_length=64, verbose_name="SHA-256 of the signed certificate"),
        ),
        migrations.CreateModel(
            name="StatusList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.PositiveBigIntegerField(unique=True, verbose_name="number")),
                ("this_update", models.DateTimeField(verbose_name="made")),
                ("next_update", models.DateTimeField(verbose_name="good until")),
                ("log_size", models.PositiveBigIntegerField(verbose_name="size of the log")),
                ("log_root", models.BinaryField(max_length=32, verbose_name="root of the log")),
                ("listed", models.PositiveIntegerField(verbose_name="certificates listed")),
                ("payload_sha256", models.CharField(max_length=64, verbose_name="SHA-256 of what was signed")),
                ("keyid", models.CharField(max_length=64, verbose_name="signing key")),
                ("signature", models.BinaryField(max_length=64, verbose_name="signature")),
            ],
            options={
                "verbose_name": "status list",
                "verbose_name_plural": "status lists",
                "ordering": ("-sequence",),
                "default_permissions": ("view",),
            },
        ),
        migrations.AddField(
            model_name="certificate",
            name="log_index",
            field=models.PositiveBigIntegerField(
                blank=True,
                help_text="Empty: issued before there was a log.",
                null=True,
                verbose_name="entry in the log",
            ),
        ),
        migrations.AddField(
            model_name="certificate",
            name="reason_class",
            field=models.CharField(
                blank=True,
                choices=[
                    ("vulnerability", "A vulnerability"),
                    ("malware", "Malicious code"),
                    ("policy", "The policy is not met"),
                    ("key_compromise", "A key may be in wrong hands"),
                    ("owner_request", "The owner asked for it"),
                    ("superseded", "A newer certificate"),
                    ("expired", "Its time ran out"),
                    ("unspecified", "Not specified"),
                ],
                help_text="Published, unlike the reason.",
                max_length=20,
                verbose_name="kind of reason",
            ),
        ),
        migrations.AddField(
            model_name="certificate",
            name="state_since",
            field=models.DateTimeField(blank=True, db_index=True, null=True, verbose_name="in this state since"),
        ),
        migrations.AddField(
            model_name="historicalcertificate",
            name="log_index",
            field=models.PositiveBigIntegerField(
                blank=True,
                help_text="Empty: issued before there was a log.",
                null=True,
                verbose_name="entry in the log",
            ),
        ),
        migrations.AddField(
            model_name="historicalcertificate",
            name="reason_class",
            field=models.CharField(
                blank=True,
                choices=[
                    ("vulnerability", "A vulnerability"),
                    ("malware", "Malicious code"),
                    ("policy", "The policy is not met"),
                    ("key_compromise", "A key may be in wrong hands"),
                    ("owner_request", "The owner asked for it"),
                    ("superseded", "A newer certificate"),
                    ("expired", "Its time ran out"),
                    ("unspecified", "Not specified"),
                ],
                help_text="Published, unlike the reason.",
                max_length=20,
                verbose_name="kind of reason",
            ),
        ),
        migrations.AddField(
            model_name="historicalcertificate",
            name="state_since",
            field=models.DateTimeField(blank=True, db_index=True, null=True, verbose_name="in this state since"),
        ),
        migrations.CreateModel(
            name="CheckAttestation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, verbose_name="check")),
                ("envelope", models.BinaryField(verbose_name="signed statement")),
                (
                    "sha256",
                    models.CharField(max_length=64, unique=True, verbose_name="SHA-256 of the signed statement"),
                ),
                ("keyid", models.CharField(max_length=64, verbose_name="signing key")),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="signed")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attestations",
                        to="plugins.vettingrun",
                        verbose_name="vetting run",
                    ),
                ),
            ],
            options={
                "verbose_name": "signed result of a check",
                "verbose_name_plural": "signed results of checks",
                "ordering": ("run_id", "id"),
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(fields=("run", "code", "keyid"), name="attestation_once_a_check")
                ],
            },
        ),
        migrations.CreateModel(
            name="StatusListEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("suspended", "Suspended"),
                            ("expired", "Expired"),
                            ("revoked", "Revoked"),
                            ("superseded", "Superseded"),
                            ("unlisted", "Listed no more"),
                        ],
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason_class",
                    models.CharField(
                        choices=[
                            ("vulnerability", "A vulnerability"),
                            ("malware", "Malicious code"),
                            ("policy", "The policy is not met"),
                            ("key_compromise", "A key may be in wrong hands"),
                            ("owner_request", "The owner asked for it"),
                            ("superseded", "A newer certificate"),
                            ("expired", "Its time ran out"),
                            ("unspecified", "Not specified"),
                        ],
                        max_length=20,
                        verbose_name="kind of reason",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="since")),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="status_entries",
                        to="certification.certificate",
                        verbose_name="certificate",
                    ),
                ),
                (
                    "list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="certification.statuslist",
                        verbose_name="status list",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry of a status list",
                "verbose_name_plural": "entries of status lists",
                "ordering": ("-list_id", "id"),
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(fields=("list", "certificate"), name="status_entry_once_a_list"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["suspended", "expired", "revoked", "superseded", "unlisted"])
                        ),
                        name="status_entry_state_known",
                    ),
                ],
            },
        ),
        migrations.RunPython(keep_the_certificate, migrations.RunPython.noop),
        WriteOnce(CERTIFICATE, WRITTEN_ONCE),
        AppendOnly(
            HISTORY,
            "certification_statuslist",
            "certification_statuslistentry",
            "certification_checkattestation",
        ),
    ]
