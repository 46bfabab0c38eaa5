import audits.models.storage
import django.db.models.deletion
import django_fsm
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("plugins", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Audit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        help_text="For example AUD-2026-01.", max_length=40, unique=True, verbose_name="code"
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("objective", models.TextField(verbose_name="objective")),
                ("scope", models.TextField(help_text="What is looked at, and what is left out.", verbose_name="scope")),
                ("method", models.TextField(blank=True, verbose_name="method")),
                (
                    "conclusion",
                    models.TextField(
                        blank=True, help_text="Needed before the report is issued.", verbose_name="conclusion"
                    ),
                ),
                ("period_from", models.DateField(verbose_name="period from")),
                ("period_to", models.DateField(verbose_name="period to")),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("planned", "Planned"),
                            ("fieldwork", "Fieldwork"),
                            ("draft", "Draft report"),
                            ("issued", "Issued"),
                            ("follow_up", "Follow-up"),
                            ("closed", "Closed"),
                        ],
                        default="planned",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("issued_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="issued")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audits_led",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lead auditor",
                    ),
                ),
            ],
            options={
                "verbose_name": "audit",
                "verbose_name_plural": "audits",
                "ordering": ("-created_at", "-id"),
                "permissions": [("issue_audit", "Can issue audit reports")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["planned", "fieldwork", "draft", "issued", "follow_up", "closed"])
                        ),
                        name="audit_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period_to__gte", models.F("period_from"))), name="audit_period_in_order"
                    ),
                ],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="AuditFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "rating",
                    models.CharField(
                        choices=[
                            ("observation", "Observation"),
                            ("minor", "Minor"),
                            ("major", "Major"),
                            ("critical", "Critical"),
                        ],
                        default="minor",
                        max_length=20,
                        verbose_name="rating",
                    ),
                ),
                ("condition", models.TextField(help_text="What is.", verbose_name="condition")),
                (
                    "criterion",
                    models.TextField(help_text="What should be, and where that is written.", verbose_name="criterion"),
                ),
                ("cause", models.TextField(help_text="Why it is so.", verbose_name="cause")),
                ("effect", models.TextField(help_text="What it leads to.", verbose_name="effect")),
                ("recommendation", models.TextField(help_text="What to do about it.", verbose_name="recommendation")),
                (
                    "audit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="audits.audit",
                        verbose_name="audit",
                    ),
                ),
            ],
            options={
                "verbose_name": "audit finding",
                "verbose_name_plural": "audit findings",
                "ordering": ("audit", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("rating__in", ["observation", "minor", "major", "critical"])),
                        name="audit_rating_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ActionPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.TextField(verbose_name="action")),
                ("deadline", models.DateField(verbose_name="deadline")),
                (
                    "outcome",
                    models.TextField(help_text="How one will know that it worked.", verbose_name="measurable outcome"),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("open", "Open"), ("done", "Done, to be confirmed"), ("confirmed", "Confirmed")],
                        default="open",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="action_plans",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to="audits.auditfinding",
                        verbose_name="finding",
                    ),
                ),
            ],
            options={
                "verbose_name": "action plan",
                "verbose_name_plural": "action plans",
                "ordering": ("deadline", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "done", "confirmed"])), name="action_state_known"
                    )
                ],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="EvidenceFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "file",
                    models.FileField(
                        storage=audits.models.storage.report_storage, upload_to="evidence/%Y/%m", verbose_name="file"
                    ),
                ),
                ("sha256", models.CharField(editable=False, max_length=64, verbose_name="SHA-256")),
                ("size", models.PositiveBigIntegerField(default=0, editable=False, verbose_name="size in bytes")),
                ("added_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
                (
                    "added_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
                (
                    "audit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="audits.audit",
                        verbose_name="audit",
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="audits.auditfinding",
                        verbose_name="finding",
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence file",
                "verbose_name_plural": "evidence files",
                "ordering": ("audit", "id"),
            },
        ),
        migrations.CreateModel(
            name="HistoricalActionPlan",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("action", models.TextField(verbose_name="action")),
                ("deadline", models.DateField(verbose_name="deadline")),
                (
                    "outcome",
                    models.TextField(help_text="How one will know that it worked.", verbose_name="measurable outcome"),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("open", "Open"), ("done", "Done, to be confirmed"), ("confirmed", "Confirmed")],
                        default="open",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
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
                    "finding",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="audits.auditfinding",
                        verbose_name="finding",
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
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical action plan",
                "verbose_name_plural": "historical action plans",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalAudit",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        db_index=True, help_text="For example AUD-2026-01.", max_length=40, verbose_name="code"
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("objective", models.TextField(verbose_name="objective")),
                ("scope", models.TextField(help_text="What is looked at, and what is left out.", verbose_name="scope")),
                ("method", models.TextField(blank=True, verbose_name="method")),
                (
                    "conclusion",
                    models.TextField(
                        blank=True, help_text="Needed before the report is issued.", verbose_name="conclusion"
                    ),
                ),
                ("period_from", models.DateField(verbose_name="period from")),
                ("period_to", models.DateField(verbose_name="period to")),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("planned", "Planned"),
                            ("fieldwork", "Fieldwork"),
                            ("draft", "Draft report"),
                            ("issued", "Issued"),
                            ("follow_up", "Follow-up"),
                            ("closed", "Closed"),
                        ],
                        default="planned",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("issued_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="issued")),
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
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lead auditor",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical audit",
                "verbose_name_plural": "historical audits",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalAuditFinding",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "rating",
                    models.CharField(
                        choices=[
                            ("observation", "Observation"),
                            ("minor", "Minor"),
                            ("major", "Major"),
                            ("critical", "Critical"),
                        ],
                        default="minor",
                        max_length=20,
                        verbose_name="rating",
                    ),
                ),
                ("condition", models.TextField(help_text="What is.", verbose_name="condition")),
                (
                    "criterion",
                    models.TextField(help_text="What should be, and where that is written.", verbose_name="criterion"),
                ),
                ("cause", models.TextField(help_text="Why it is so.", verbose_name="cause")),
                ("effect", models.TextField(help_text="What it leads to.", verbose_name="effect")),
                ("recommendation", models.TextField(help_text="What to do about it.", verbose_name="recommendation")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "audit",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="audits.audit",
                        verbose_name="audit",
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
                "verbose_name": "historical audit finding",
                "verbose_name_plural": "historical audit findings",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalEvidenceFile",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("file", models.TextField(max_length=100, verbose_name="file")),
                ("sha256", models.CharField(editable=False, max_length=64, verbose_name="SHA-256")),
                ("size", models.PositiveBigIntegerField(default=0, editable=False, verbose_name="size in bytes")),
                ("added_at", models.DateTimeField(blank=True, editable=False, verbose_name="added")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
                (
                    "audit",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="audits.audit",
                        verbose_name="audit",
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="audits.auditfinding",
                        verbose_name="finding",
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
                "verbose_name": "historical evidence file",
                "verbose_name_plural": "historical evidence files",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalReport",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("dossier", "Certification dossier"), ("audit", "Audit report")],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("queued", "Queued"),
                            ("rendering", "Rendering"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.TextField(blank=True, help_text="Why rendering failed.", verbose_name="reason")),
                (
                    "snapshot",
                    models.JSONField(
                        blank=True,
                        help_text="The data the report was made from, frozen.",
                        null=True,
                        verbose_name="snapshot",
                    ),
                ),
                ("snapshot_sha256", models.CharField(blank=True, max_length=64, verbose_name="digest of the snapshot")),
                ("file", models.TextField(blank=True, max_length=100, verbose_name="file")),
                ("file_sha256", models.CharField(blank=True, max_length=64, verbose_name="digest of the file")),
                ("pages", models.PositiveIntegerField(blank=True, null=True, verbose_name="pages")),
                ("requested_at", models.DateTimeField(blank=True, editable=False, verbose_name="requested")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "audit",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="audits.audit",
                        verbose_name="audit",
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
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
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
                "verbose_name": "historical report",
                "verbose_name_plural": "historical reports",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("dossier", "Certification dossier"), ("audit", "Audit report")],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("queued", "Queued"),
                            ("rendering", "Rendering"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.TextField(blank=True, help_text="Why rendering failed.", verbose_name="reason")),
                (
                    "snapshot",
                    models.JSONField(
                        blank=True,
                        help_text="The data the report was made from, frozen.",
                        null=True,
                        verbose_name="snapshot",
                    ),
                ),
                ("snapshot_sha256", models.CharField(blank=True, max_length=64, verbose_name="digest of the snapshot")),
                (
                    "file",
                    models.FileField(
                        blank=True,
                        storage=audits.models.storage.report_storage,
                        upload_to="pdf/%Y/%m",
                        verbose_name="file",
                    ),
                ),
                ("file_sha256", models.CharField(blank=True, max_length=64, verbose_name="digest of the file")),
                ("pages", models.PositiveIntegerField(blank=True, null=True, verbose_name="pages")),
                ("requested_at", models.DateTimeField(auto_now_add=True, verbose_name="requested")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "audit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="audits.audit",
                        verbose_name="audit",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="plugins.pluginversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "report",
                "verbose_name_plural": "reports",
                "ordering": ("-requested_at", "-id"),
                "permissions": [("request_report", "Can ask for reports")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "rendering", "ready", "failed"])),
                        name="report_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audit__isnull", True), ("kind", "dossier"), ("version__isnull", False)),
                            models.Q(("audit__isnull", False), ("kind", "audit"), ("version__isnull", True)),
                            _connector="OR",
                        ),
                        name="report_has_its_subject",
                    ),
                ],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
    ]
