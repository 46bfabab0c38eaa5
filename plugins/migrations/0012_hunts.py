"""Hunts for detection rules in what is stored; a run can be asked for because of one."""

import django.db.models.deletion
import django_fsm
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from governance.db.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("plugins", "0011_exploitation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="historicalvettingrun",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("submission", "Submission"),
                    ("reviewer", "Asked for by a reviewer"),
                    ("schedule", "Revalidation by schedule"),
                    ("advisory", "New advisory"),
                    ("retry", "Retry after an error"),
                    ("detection", "Hit by a detection rule"),
                ],
                default="submission",
                max_length=20,
                verbose_name="trigger",
            ),
        ),
        migrations.AlterField(
            model_name="vettingrun",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("submission", "Submission"),
                    ("reviewer", "Asked for by a reviewer"),
                    ("schedule", "Revalidation by schedule"),
                    ("advisory", "New advisory"),
                    ("retry", "Retry after an error"),
                    ("detection", "Hit by a detection rule"),
                ],
                default="submission",
                max_length=20,
                verbose_name="trigger",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalHunt",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "rule_digest",
                    models.CharField(
                        help_text="A draft that changes meanwhile ends the hunt.",
                        max_length=64,
                        verbose_name="digest of the rule",
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[("all", "All stored versions"), ("certified", "Certified versions only")],
                        default="all",
                        max_length=10,
                        verbose_name="scope",
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("queued_at", models.DateTimeField(blank=True, editable=False, verbose_name="queued")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "reason",
                    models.TextField(
                        blank=True, help_text="Why it ended as it did, in a sentence.", verbose_name="reason"
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0, verbose_name="versions")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="looked at")),
                ("hit_versions", models.PositiveIntegerField(default=0, verbose_name="versions hit")),
                ("errors", models.PositiveIntegerField(default=0, verbose_name="not answered")),
                ("revalidated_at", models.DateTimeField(blank=True, null=True, verbose_name="revalidations asked for")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="plugins.detectionrule",
                        verbose_name="rule",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked for by",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical hunt",
                "verbose_name_plural": "historical hunts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Hunt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rule_digest",
                    models.CharField(
                        help_text="A draft that changes meanwhile ends the hunt.",
                        max_length=64,
                        verbose_name="digest of the rule",
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[("all", "All stored versions"), ("certified", "Certified versions only")],
                        default="all",
                        max_length=10,
                        verbose_name="scope",
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("queued_at", models.DateTimeField(auto_now_add=True, verbose_name="queued")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "reason",
                    models.TextField(
                        blank=True, help_text="Why it ended as it did, in a sentence.", verbose_name="reason"
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0, verbose_name="versions")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="looked at")),
                ("hit_versions", models.PositiveIntegerField(default=0, verbose_name="versions hit")),
                ("errors", models.PositiveIntegerField(default=0, verbose_name="not answered")),
                ("revalidated_at", models.DateTimeField(blank=True, null=True, verbose_name="revalidations asked for")),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hunts",
                        to="plugins.detectionrule",
                        verbose_name="rule",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hunts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked for by",
                    ),
                ),
            ],
            options={
                "verbose_name": "hunt",
                "verbose_name_plural": "hunts",
                "ordering": ("-id",),
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="HuntBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("versions", models.JSONField(default=list, verbose_name="versions")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("queued_at", models.DateTimeField(auto_now_add=True, verbose_name="queued")),
                ("released_at", models.DateTimeField(blank=True, null=True, verbose_name="handed to the workers")),
                ("lease_until", models.DateTimeField(blank=True, null=True, verbose_name="lease until")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                (
                    "hunt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="plugins.hunt",
                        verbose_name="hunt",
                    ),
                ),
            ],
            options={
                "verbose_name": "batch of a hunt",
                "verbose_name_plural": "batches of hunts",
                "ordering": ("hunt_id", "number"),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="HuntGap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                (
                    "hunt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gaps",
                        to="plugins.hunt",
                        verbose_name="hunt",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hunt_gaps",
                        to="plugins.pluginversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "gap of a hunt",
                "verbose_name_plural": "gaps of hunts",
                "ordering": ("id",),
                "abstract": False,
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="HuntHit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(blank=True, max_length=1024, verbose_name="file")),
                ("line", models.PositiveIntegerField(default=0, verbose_name="line")),
                ("excerpt", models.CharField(blank=True, max_length=300, verbose_name="excerpt")),
                (
                    "more",
                    models.PositiveIntegerField(
                        default=0, help_text="In the same version, counted and not kept.", verbose_name="further hits"
                    ),
                ),
                (
                    "hunt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hits",
                        to="plugins.hunt",
                        verbose_name="hunt",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hunt_hits",
                        to="plugins.pluginversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "hit of a hunt",
                "verbose_name_plural": "hits of hunts",
                "ordering": ("id",),
                "abstract": False,
                "default_permissions": ("view",),
            },
        ),
        migrations.AddConstraint(
            model_name="hunt",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["queued", "running", "done", "cancelled", "failed"])),
                name="hunt_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="hunt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "running"])), fields=("rule",), name="hunt_one_open_a_rule"
            ),
        ),
        migrations.AddIndex(
            model_name="huntbatch",
            index=models.Index(fields=["state", "lease_until"], name="batch_lease"),
        ),
        migrations.AddConstraint(
            model_name="huntbatch",
            constraint=models.UniqueConstraint(fields=("hunt", "number"), name="batch_number_once_a_hunt"),
        ),
        migrations.AddConstraint(
            model_name="huntgap",
            constraint=models.UniqueConstraint(fields=("hunt", "version"), name="gap_once_a_hunt"),
        ),
        migrations.AddIndex(
            model_name="hunthit",
            index=models.Index(fields=["hunt", "version"], name="hunt_hit_version"),
        ),
        AppendOnly("plugins_historicalhunt", "plugins_hunthit", "plugins_huntgap"),
    ]
