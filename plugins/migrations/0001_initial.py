import django.db.models.deletion
import django_fsm
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("governance", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AdvisoryFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="name")),
                (
                    "demo",
                    models.BooleanField(
                        default=False, help_text="The starter feed: for trying out only.", verbose_name="demo data"
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="source")),
                ("digest", models.CharField(blank=True, max_length=64, verbose_name="digest of the file")),
                ("records", models.PositiveIntegerField(default=0, verbose_name="records")),
                ("unusable", models.PositiveIntegerField(default=0, verbose_name="unusable records")),
                ("newest_at", models.DateTimeField(blank=True, null=True, verbose_name="newest record")),
                ("imported_at", models.DateTimeField(verbose_name="imported")),
            ],
            options={
                "verbose_name": "advisory feed",
                "verbose_name_plural": "advisory feeds",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Advisory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("osv_id", models.CharField(max_length=128, verbose_name="id")),
                ("modified_at", models.DateTimeField(verbose_name="modified")),
                ("withdrawn", models.BooleanField(default=False, verbose_name="withdrawn")),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("info", "Info"),
                            ("low", "Low"),
                            ("medium", "Medium"),
                            ("high", "High"),
                            ("critical", "Critical"),
                        ],
                        max_length=10,
                        verbose_name="severity",
                    ),
                ),
                ("summary", models.CharField(blank=True, max_length=500, verbose_name="summary")),
                ("record", models.JSONField(verbose_name="OSV record")),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="advisories",
                        to="plugins.advisoryfeed",
                        verbose_name="feed",
                    ),
                ),
            ],
            options={
                "verbose_name": "advisory",
                "verbose_name_plural": "advisories",
                "ordering": ("osv_id",),
                "default_permissions": ("view",),
                "constraints": [models.UniqueConstraint(fields=("feed", "osv_id"), name="advisory_once_a_feed")],
            },
        ),
        migrations.CreateModel(
            name="AdvisoryPackage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ecosystem", models.CharField(max_length=60, verbose_name="ecosystem")),
                ("name", models.CharField(max_length=300, verbose_name="name")),
                (
                    "advisory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="packages",
                        to="plugins.advisory",
                        verbose_name="advisory",
                    ),
                ),
            ],
            options={
                "verbose_name": "affected package",
                "verbose_name_plural": "affected packages",
                "ordering": ("id",),
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["ecosystem", "name"], name="advisory_package")],
            },
        ),
        migrations.CreateModel(
            name="Artifact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, unique=True, verbose_name="SHA-256")),
                ("size", models.PositiveBigIntegerField(verbose_name="size in bytes")),
                (
                    "filename",
                    models.CharField(help_text="As first submitted.", max_length=255, verbose_name="file name"),
                ),
                ("stored_at", models.DateTimeField(auto_now_add=True, verbose_name="stored")),
            ],
            options={
                "verbose_name": "artifact",
                "verbose_name_plural": "artifacts",
                "ordering": ("-id",),
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="artifact_sha256_form"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalAdvisoryFeed",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(db_index=True, max_length=120, verbose_name="name")),
                (
                    "demo",
                    models.BooleanField(
                        default=False, help_text="The starter feed: for trying out only.", verbose_name="demo data"
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="source")),
                ("digest", models.CharField(blank=True, max_length=64, verbose_name="digest of the file")),
                ("records", models.PositiveIntegerField(default=0, verbose_name="records")),
                ("unusable", models.PositiveIntegerField(default=0, verbose_name="unusable records")),
                ("newest_at", models.DateTimeField(blank=True, null=True, verbose_name="newest record")),
                ("imported_at", models.DateTimeField(verbose_name="imported")),
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
            ],
            options={
                "verbose_name": "historical advisory feed",
                "verbose_name_plural": "historical advisory feeds",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalOwnerTeam",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(db_index=True, max_length=120, verbose_name="name")),
                (
                    "contact",
                    models.EmailField(
                        blank=True,
                        help_text="Where notices about its plugins go.",
                        max_length=254,
                        verbose_name="contact",
                    ),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="created")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="auth.group",
                        verbose_name="group",
                    ),
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
            ],
            options={
                "verbose_name": "historical owner team",
                "verbose_name_plural": "historical owner teams",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="OwnerTeam",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="name")),
                (
                    "contact",
                    models.EmailField(
                        blank=True,
                        help_text="Where notices about its plugins go.",
                        max_length=254,
                        verbose_name="contact",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "group",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owner_team",
                        to="auth.group",
                        verbose_name="group",
                    ),
                ),
                (
                    "members",
                    models.ManyToManyField(
                        blank=True, related_name="owner_teams", to=settings.AUTH_USER_MODEL, verbose_name="members"
                    ),
                ),
            ],
            options={
                "verbose_name": "owner team",
                "verbose_name_plural": "owner teams",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="HistoricalPlugin",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(help_text="As its manifest states it.", max_length=214, verbose_name="name")),
                ("format", models.CharField(max_length=40, verbose_name="format")),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("unvetted", "Not vetted yet"),
                            ("in_review", "In review"),
                            ("certified", "Certified"),
                            ("suspended", "Suspended"),
                            ("refused", "Refused"),
                            ("lapsed", "Certificate expired"),
                        ],
                        default="unvetted",
                        max_length=20,
                        verbose_name="standing",
                    ),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="created")),
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
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="plugins.ownerteam",
                        verbose_name="owner team",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical plugin",
                "verbose_name_plural": "historical plugins",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Plugin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="As its manifest states it.", max_length=214, verbose_name="name")),
                ("format", models.CharField(max_length=40, verbose_name="format")),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("unvetted", "Not vetted yet"),
                            ("in_review", "In review"),
                            ("certified", "Certified"),
                            ("suspended", "Suspended"),
                            ("refused", "Refused"),
                            ("lapsed", "Certificate expired"),
                        ],
                        default="unvetted",
                        max_length=20,
                        verbose_name="standing",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plugins",
                        to="plugins.ownerteam",
                        verbose_name="owner team",
                    ),
                ),
            ],
            options={
                "verbose_name": "plugin",
                "verbose_name_plural": "plugins",
                "ordering": ("name",),
                "permissions": [("submit_version", "Can submit versions of the plugin")],
                "constraints": [
                    models.UniqueConstraint(fields=("format", "name"), name="plugin_name_once_a_format"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("standing__in", ["unvetted", "in_review", "certified", "suspended", "refused", "lapsed"])
                        ),
                        name="plugin_standing_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalPluginVersion",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("version", models.CharField(max_length=120, verbose_name="version")),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("submitted", "Submitted"),
                            ("vetting", "Vetting"),
                            ("in_review", "In review"),
                            ("changes_requested", "Changes requested"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("quarantined", "Quarantined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="submitted",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("purl", models.CharField(max_length=400, verbose_name="package URL")),
                ("license", models.CharField(blank=True, max_length=200, verbose_name="licence")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "metadata",
                    models.JSONField(
                        default=dict, help_text="What intake read from the native manifest.", verbose_name="metadata"
                    ),
                ),
                (
                    "declaration",
                    models.JSONField(
                        blank=True,
                        help_text="plugin-governance.json as it was handed in.",
                        null=True,
                        verbose_name="declaration",
                    ),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="submitted")),
                (
                    "queue_since",
                    models.DateTimeField(
                        help_text="A fixed version inherits it: fixing something never costs the place.",
                        verbose_name="in the queue since",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "artifact",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="plugins.artifact",
                        verbose_name="artifact",
                    ),
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
                    "plugin",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="plugins.plugin",
                        verbose_name="plugin",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical plugin version",
                "verbose_name_plural": "historical plugin versions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PluginVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=120, verbose_name="version")),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("submitted", "Submitted"),
                            ("vetting", "Vetting"),
                            ("in_review", "In review"),
                            ("changes_requested", "Changes requested"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("quarantined", "Quarantined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="submitted",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("purl", models.CharField(max_length=400, verbose_name="package URL")),
                ("license", models.CharField(blank=True, max_length=200, verbose_name="licence")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "metadata",
                    models.JSONField(
                        default=dict, help_text="What intake read from the native manifest.", verbose_name="metadata"
                    ),
                ),
                (
                    "declaration",
                    models.JSONField(
                        blank=True,
                        help_text="plugin-governance.json as it was handed in.",
                        null=True,
                        verbose_name="declaration",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="submitted")),
                (
                    "queue_since",
                    models.DateTimeField(
                        help_text="A fixed version inherits it: fixing something never costs the place.",
                        verbose_name="in the queue since",
                    ),
                ),
                (
                    "artifact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="version",
                        to="plugins.artifact",
                        verbose_name="artifact",
                    ),
                ),
                (
                    "plugin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="plugins.plugin",
                        verbose_name="plugin",
                    ),
                ),
            ],
            options={
                "verbose_name": "plugin version",
                "verbose_name_plural": "plugin versions",
                "ordering": ("-created_at", "-id"),
                "indexes": [models.Index(fields=["state", "queue_since"], name="version_queue")],
                "constraints": [
                    models.UniqueConstraint(fields=("plugin", "version"), name="version_once_a_plugin"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "submitted",
                                    "vetting",
                                    "in_review",
                                    "changes_requested",
                                    "approved",
                                    "rejected",
                                    "quarantined",
                                    "withdrawn",
                                ],
                            )
                        ),
                        name="version_state_known",
                    ),
                ],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalVettingRun",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("submission", "Submission"),
                            ("reviewer", "Asked for by a reviewer"),
                            ("schedule", "Revalidation by schedule"),
                            ("advisory", "New advisory"),
                            ("retry", "Retry after an error"),
                        ],
                        default="submission",
                        max_length=20,
                        verbose_name="trigger",
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("passed", "Passed"),
                            ("failed", "Failed"),
                            ("inconclusive", "Inconclusive"),
                            ("errored", "Errored"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    models.TextField(
                        blank=True, help_text="Why it ended as it did, in a sentence.", verbose_name="reason"
                    ),
                ),
                ("queued_at", models.DateTimeField(blank=True, editable=False, verbose_name="queued")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "lease_until",
                    models.DateTimeField(
                        help_text="Past it, the watchdog queues the run again.", verbose_name="lease until"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                (
                    "progress",
                    models.JSONField(
                        default=dict,
                        help_text="Status of each check while it runs; no lineage is kept of it.",
                        verbose_name="progress",
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="risk score")),
                (
                    "tier",
                    models.CharField(
                        blank=True,
                        choices=[("low", "Low"), ("moderate", "Moderate"), ("high", "High"), ("critical", "Critical")],
                        max_length=10,
                        verbose_name="risk tier",
                    ),
                ),
                (
                    "report",
                    models.JSONField(
                        blank=True,
                        help_text="The whole result as plugwarden.vetting/v1.",
                        null=True,
                        verbose_name="report",
                    ),
                ),
                ("report_sha256", models.CharField(blank=True, max_length=64, verbose_name="digest of the report")),
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
                    "policy",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.policyversion",
                        verbose_name="policy version",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="plugins.pluginversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical vetting run",
                "verbose_name_plural": "historical vetting runs",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSubmission",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("filename", models.CharField(max_length=255, verbose_name="file name")),
                ("note", models.TextField(blank=True, max_length=4000, verbose_name="note to the reviewers")),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="submitted")),
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
                    "submitted_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="submitted by",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="plugins.pluginversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical submission",
                "verbose_name_plural": "historical submissions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filename", models.CharField(max_length=255, verbose_name="file name")),
                ("note", models.TextField(blank=True, max_length=4000, verbose_name="note to the reviewers")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="submitted")),
                (
                    "submitted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="submitted by",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="plugins.pluginversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "submission",
                "verbose_name_plural": "submissions",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="VettingRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("submission", "Submission"),
                            ("reviewer", "Asked for by a reviewer"),
                            ("schedule", "Revalidation by schedule"),
                            ("advisory", "New advisory"),
                            ("retry", "Retry after an error"),
                        ],
                        default="submission",
                        max_length=20,
                        verbose_name="trigger",
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("passed", "Passed"),
                            ("failed", "Failed"),
                            ("inconclusive", "Inconclusive"),
                            ("errored", "Errored"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    models.TextField(
                        blank=True, help_text="Why it ended as it did, in a sentence.", verbose_name="reason"
                    ),
                ),
                ("queued_at", models.DateTimeField(auto_now_add=True, verbose_name="queued")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "lease_until",
                    models.DateTimeField(
                        help_text="Past it, the watchdog queues the run again.", verbose_name="lease until"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                (
                    "progress",
                    models.JSONField(
                        default=dict,
                        help_text="Status of each check while it runs; no lineage is kept of it.",
                        verbose_name="progress",
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="risk score")),
                (
                    "tier",
                    models.CharField(
                        blank=True,
                        choices=[("low", "Low"), ("moderate", "Moderate"), ("high", "High"), ("critical", "Critical")],
                        max_length=10,
                        verbose_name="risk tier",
                    ),
                ),
                (
                    "report",
                    models.JSONField(
                        blank=True,
                        help_text="The whole result as plugwarden.vetting/v1.",
                        null=True,
                        verbose_name="report",
                    ),
                ),
                ("report_sha256", models.CharField(blank=True, max_length=64, verbose_name="digest of the report")),
                (
                    "policy",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="governance.policyversion",
                        verbose_name="policy version",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="plugins.pluginversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "vetting run",
                "verbose_name_plural": "vetting runs",
                "ordering": ("-queued_at", "-id"),
                "indexes": [models.Index(fields=["state", "lease_until"], name="run_lease")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["queued", "running", "passed", "failed", "inconclusive", "errored", "cancelled"],
                            )
                        ),
                        name="run_state_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=("version",),
                        name="run_one_open_a_version",
                    ),
                ],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="Observation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("capability", "Capability"), ("host", "Host")], max_length=10, verbose_name="kind"
                    ),
                ),
                ("value", models.CharField(max_length=260, verbose_name="value")),
                ("path", models.CharField(blank=True, max_length=1024, verbose_name="file")),
                ("line", models.PositiveIntegerField(default=0, verbose_name="line")),
                ("snippet", models.TextField(blank=True, verbose_name="snippet")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="observations",
                        to="plugins.vettingrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "observation",
                "verbose_name_plural": "observations",
                "ordering": ("id",),
                "abstract": False,
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["run", "kind", "value"], name="observation_run_kind")],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("check_code", models.CharField(max_length=40, verbose_name="check")),
                ("rule", models.CharField(max_length=120, verbose_name="rule")),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("info", "Info"),
                            ("low", "Low"),
                            ("medium", "Medium"),
                            ("high", "High"),
                            ("critical", "Critical"),
                        ],
                        max_length=10,
                        verbose_name="severity",
                    ),
                ),
                ("title", models.CharField(max_length=400, verbose_name="title")),
                ("path", models.CharField(blank=True, max_length=1024, verbose_name="file")),
                ("line", models.PositiveIntegerField(default=0, verbose_name="line")),
                ("snippet", models.TextField(blank=True, verbose_name="snippet")),
                ("detail", models.TextField(blank=True, verbose_name="detail")),
                ("remediation", models.TextField(blank=True, verbose_name="how to fix")),
                ("cwe", models.CharField(blank=True, max_length=20, verbose_name="CWE")),
                ("fingerprint", models.CharField(db_index=True, max_length=64, verbose_name="fingerprint")),
                (
                    "new",
                    models.BooleanField(
                        default=True, help_text="Not found in the plugin's run before.", verbose_name="new"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="plugins.vettingrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "finding",
                "verbose_name_plural": "findings",
                "ordering": ("id",),
                "abstract": False,
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["run", "severity"], name="finding_run_severity")],
            },
        ),
        migrations.CreateModel(
            name="CriterionResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("met", "Met"),
                            ("not_met", "Not met"),
                            ("unanswered", "Unanswered"),
                            ("not_applicable", "Not applicable"),
                        ],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                ("explanation", models.TextField(verbose_name="explanation")),
                ("evidence", models.JSONField(default=list, verbose_name="evidence")),
                (
                    "criterion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="results",
                        to="governance.criterion",
                        verbose_name="criterion",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="criteria",
                        to="plugins.vettingrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "criterion result",
                "verbose_name_plural": "criterion results",
                "ordering": ("id",),
                "abstract": False,
                "default_permissions": ("view",),
                "constraints": [models.UniqueConstraint(fields=("run", "criterion"), name="criterion_once_a_run")],
            },
        ),
        migrations.CreateModel(
            name="Component",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ecosystem", models.CharField(max_length=20, verbose_name="ecosystem")),
                ("name", models.CharField(max_length=214, verbose_name="name")),
                ("requirement", models.CharField(blank=True, max_length=500, verbose_name="requirement")),
                ("pinned", models.CharField(blank=True, max_length=120, verbose_name="pinned version")),
                ("scope", models.CharField(max_length=20, verbose_name="scope")),
                ("direct", models.BooleanField(default=True, verbose_name="direct")),
                ("purl", models.CharField(max_length=400, verbose_name="package URL")),
                ("advisories", models.JSONField(default=list, verbose_name="advisories")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="components",
                        to="plugins.vettingrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "component",
                "verbose_name_plural": "components",
                "ordering": ("id",),
                "abstract": False,
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["ecosystem", "name"], name="component_name")],
            },
        ),
        migrations.CreateModel(
            name="CheckRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, verbose_name="check")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("passed", "Passed"),
                            ("failed", "Failed"),
                            ("inconclusive", "Inconclusive"),
                            ("not_applicable", "Not applicable"),
                            ("errored", "Errored"),
                        ],
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("engine", models.CharField(blank=True, max_length=120, verbose_name="engine")),
                ("engine_version", models.CharField(blank=True, max_length=120, verbose_name="engine version")),
                (
                    "examined",
                    models.PositiveIntegerField(
                        help_text="How many files or items it looked at.", verbose_name="examined"
                    ),
                ),
                ("duration_ms", models.PositiveIntegerField(verbose_name="duration in ms")),
                ("evidence", models.JSONField(default=dict, verbose_name="evidence")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checks",
                        to="plugins.vettingrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "check run",
                "verbose_name_plural": "check runs",
                "ordering": ("id",),
                "abstract": False,
                "default_permissions": ("view",),
                "constraints": [models.UniqueConstraint(fields=("run", "code"), name="check_once_a_run")],
            },
        ),
    ]
