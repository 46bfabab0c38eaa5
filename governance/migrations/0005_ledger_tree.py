"""The tree over the ledger's rows: leaves, nodes of complete tiles, checkpoints and what witnesses said of them."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

from governance.db.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0004_api_tokens"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="ledgerentry",
            options={
                "base_manager_name": "every",
                "default_permissions": ("view",),
                "ordering": ("id",),
                "verbose_name": "ledger entry",
                "verbose_name_plural": "ledger entries",
            },
        ),
        migrations.AlterModelManagers(
            name="ledgerentry",
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("every", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="LedgerCheckpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="signed at")),
                ("origin", models.CharField(max_length=300, verbose_name="origin")),
                ("size", models.BigIntegerField(verbose_name="size")),
                ("root", models.BinaryField(max_length=32, verbose_name="root hash")),
                (
                    "note",
                    models.TextField(
                        help_text="The signed note, without the signatures of witnesses.", verbose_name="note"
                    ),
                ),
            ],
            options={
                "verbose_name": "checkpoint",
                "verbose_name_plural": "checkpoints",
                "ordering": ("id",),
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["origin", "size"], name="ledger_checkpoint_size")],
            },
        ),
        migrations.CreateModel(
            name="LedgerLeaf",
            fields=[
                (
                    "index",
                    models.BigIntegerField(db_column="id", primary_key=True, serialize=False, verbose_name="index"),
                ),
                ("hash", models.BinaryField(max_length=32, verbose_name="leaf hash")),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leaf",
                        to="governance.ledgerentry",
                        verbose_name="ledger entry",
                    ),
                ),
            ],
            options={
                "verbose_name": "ledger leaf",
                "verbose_name_plural": "ledger leaves",
                "ordering": ("index",),
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="LedgerNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.PositiveSmallIntegerField(verbose_name="tile level")),
                ("index", models.BigIntegerField(verbose_name="index")),
                ("hash", models.BinaryField(max_length=32, verbose_name="hash")),
            ],
            options={
                "verbose_name": "ledger node",
                "verbose_name_plural": "ledger nodes",
                "ordering": ("level", "index"),
                "default_permissions": ("view",),
                "constraints": [models.UniqueConstraint(fields=("level", "index"), name="ledger_node_once")],
            },
        ),
        migrations.CreateModel(
            name="LedgerCosignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="cosigned at")),
                ("witness", models.CharField(max_length=300, verbose_name="witness")),
                ("line", models.TextField(verbose_name="signature line")),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="governance.ledgercheckpoint",
                        verbose_name="checkpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "cosignature",
                "verbose_name_plural": "cosignatures",
                "ordering": ("id",),
                "default_permissions": ("view",),
                "constraints": [models.UniqueConstraint(fields=("checkpoint", "witness"), name="ledger_cosigned_once")],
            },
        ),
        AppendOnly(
            "governance_ledgercheckpoint",
            "governance_ledgercosignature",
            "governance_ledgerleaf",
            "governance_ledgernode",
        ),
    ]
