"""Each version's files by digest, written once, so that one digest is found in all that ship it."""

import django.db.models.deletion
from django.db import migrations, models

from governance.db.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("plugins", "0007_last_certified_run"),
    ]

    operations = [
        migrations.CreateModel(
            name="VersionFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.TextField(verbose_name="file")),
                ("sha256", models.CharField(db_index=True, max_length=64, verbose_name="SHA-256")),
                ("size", models.PositiveBigIntegerField(verbose_name="size in bytes")),
                ("language", models.CharField(blank=True, max_length=20, verbose_name="language")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="plugins.pluginversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "shipped file",
                "verbose_name_plural": "shipped files",
                "ordering": ("id",),
                "default_permissions": ("view",),
            },
        ),
        AppendOnly("plugins_versionfile"),
    ]
