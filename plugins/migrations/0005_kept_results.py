"""Results of checks are kept, sealed and never changed, for the next run over the same artifact."""

import django.db.models.deletion
from django.db import migrations, models

from governance.db.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("plugins", "0004_observed_when_run"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("check_code", models.CharField(max_length=40, verbose_name="check")),
                ("check_version", models.CharField(max_length=40, verbose_name="version of the check")),
                (
                    "basis",
                    models.CharField(
                        help_text="Digest of the code, rules and engines the result rests on.",
                        max_length=64,
                        verbose_name="basis",
                    ),
                ),
                ("key", models.CharField(max_length=64, unique=True, verbose_name="key")),
                ("result", models.JSONField(verbose_name="result")),
                (
                    "seal",
                    models.CharField(
                        help_text="Proves that this portal wrote the result.", max_length=64, verbose_name="seal"
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="made")),
                (
                    "artifact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kept",
                        to="plugins.artifact",
                        verbose_name="artifact",
                    ),
                ),
            ],
            options={
                "verbose_name": "kept check result",
                "verbose_name_plural": "kept check results",
                "ordering": ("-id",),
                "default_permissions": ("view",),
            },
        ),
        AppendOnly("plugins_keptresult"),
    ]
