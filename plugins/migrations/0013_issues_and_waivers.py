"""Findings followed through runs as issues, waivers for them, and files decided about for all plugins."""

import django.core.validators
import django.db.models.deletion
import django_fsm
import governance.vocabulary
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from governance.db.append_only import AppendOnly, drop_statements
from governance.db.write_once import WriteOnce


def state_from_new(apps, schema_editor):
    """What was said with one column is said with the other; the table refuses changes, so its guard is set aside."""
    table = schema_editor.quote_name(apps.get_model("plugins", "Finding")._meta.db_table)
    guarded = schema_editor.connection.vendor == "postgresql"
    if guarded:
        schema_editor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    else:
        for statement in drop_statements(schema_editor.connection.vendor, "plugins_finding"):
            schema_editor.execute(statement)
    schema_editor.execute(f"UPDATE {table} SET state = 'unchanged' WHERE NOT new")  # noqa: S608 - our own table
    if guarded:
        schema_editor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


class Migration(migrations.Migration):
    dependencies = [
        ("plugins", "0012_hunts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="finding",
            name="likeness",
            field=models.CharField(
                blank=True,
                help_text="What it is, wherever it stands in the package.",
                max_length=64,
                verbose_name="likeness",
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="state",
            field=models.CharField(
                choices=[("new", "New"), ("unchanged", "Unchanged"), ("moved", "Moved"), ("returned", "Returned")],
                default=governance.vocabulary.FindingState["NEW"],
                help_text="Against the runs before.",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.RunPython(state_from_new, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="finding",
            name="new",
        ),
        migrations.AddField(
            model_name="finding",
            name="waived_until",
            field=models.CharField(blank=True, max_length=10, verbose_name="waived until"),
        ),
        migrations.AddField(
            model_name="finding",
            name="waiver",
            field=models.CharField(
                blank=True,
                help_text="The waiver or file decision that took it out of the count.",
                max_length=40,
                verbose_name="waived by",
            ),
        ),
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
                    ("waiver", "A waiver began or ended"),
                    ("file", "A file was decided about"),
                    ("event", "Revalidation by an event"),
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
                    ("waiver", "A waiver began or ended"),
                    ("file", "A file was decided about"),
                    ("event", "Revalidation by an event"),
                ],
                default="submission",
                max_length=20,
                verbose_name="trigger",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalFileDecision",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "sha256",
                    models.CharField(
                        help_text="Of the file itself, as the list of shipped files shows it.",
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[0-9a-f]{64}\\Z", "64 hexadecimal digits in lower case."
                            )
                        ],
                        verbose_name="SHA-256",
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[("block", "Blocked"), ("allow", "Allowed")], max_length=10, verbose_name="decision"
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("proposed", "Waits for a second person"), ("active", "Active"), ("ended", "Ended")],
                        default="proposed",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.TextField(max_length=4000, verbose_name="reason")),
                (
                    "ends_on",
                    models.DateField(blank=True, help_text="The last day it holds.", null=True, verbose_name="until"),
                ),
                ("requested_at", models.DateTimeField(blank=True, editable=False, verbose_name="requested")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
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
            ],
            options={
                "verbose_name": "historical file decision",
                "verbose_name_plural": "historical file decisions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Issue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("check_code", models.CharField(max_length=40, verbose_name="check")),
                ("rule", models.CharField(max_length=120, verbose_name="rule")),
                ("title", models.CharField(max_length=400, verbose_name="title")),
                (
                    "fingerprint",
                    models.CharField(
                        help_text="Of the finding when it was found first.",
                        max_length=64,
                        verbose_name="first fingerprint",
                    ),
                ),
                (
                    "first_run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="first_issues",
                        to="plugins.vettingrun",
                        verbose_name="found first in",
                    ),
                ),
                (
                    "plugin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="issues",
                        to="plugins.plugin",
                        verbose_name="plugin",
                    ),
                ),
            ],
            options={
                "verbose_name": "issue",
                "verbose_name_plural": "issues",
                "ordering": ("id",),
                "permissions": [("triage_issue", "Can triage and discuss issues")],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="HistoricalWaiver",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("approved", "Approved, not begun"),
                            ("active", "Active"),
                            ("expired", "Expired"),
                            ("revoked", "Revoked"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    models.TextField(
                        help_text="Why it may stay although it was found.", max_length=4000, verbose_name="reason"
                    ),
                ),
                (
                    "measures",
                    models.TextField(
                        blank=True,
                        help_text="What keeps it harmless until then.",
                        max_length=4000,
                        verbose_name="compensating measures",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="from")),
                (
                    "ends_on",
                    models.DateField(
                        help_text="The last day it holds. Longer than the policy allows is refused.",
                        verbose_name="until",
                    ),
                ),
                ("requested_at", models.DateTimeField(blank=True, editable=False, verbose_name="requested")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("outcome", models.TextField(blank=True, max_length=4000, verbose_name="words of the decision")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
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
                    "issue",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="plugins.issue",
                        verbose_name="issue",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical waiver",
                "verbose_name_plural": "historical waivers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="finding",
            name="issue",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="findings",
                to="plugins.issue",
                verbose_name="issue",
            ),
        ),
        migrations.CreateModel(
            name="IssueNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("written_at", models.DateTimeField(auto_now_add=True, verbose_name="written")),
                (
                    "triage",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("confirmed", "Confirmed"),
                            ("false_alarm", "Likely a false alarm"),
                            ("needs_owner", "The owner has to answer"),
                            ("open", "Not triaged"),
                        ],
                        max_length=20,
                        verbose_name="triage",
                    ),
                ),
                ("text", models.TextField(max_length=4000, verbose_name="text")),
                (
                    "internal",
                    models.BooleanField(
                        default=False,
                        help_text="The owner does not see it in the portal.",
                        verbose_name="for reviewers only",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="plugins.issue",
                        verbose_name="issue",
                    ),
                ),
            ],
            options={
                "verbose_name": "note on an issue",
                "verbose_name_plural": "notes on issues",
                "ordering": ("id",),
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Waiver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("approved", "Approved, not begun"),
                            ("active", "Active"),
                            ("expired", "Expired"),
                            ("revoked", "Revoked"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    models.TextField(
                        help_text="Why it may stay although it was found.", max_length=4000, verbose_name="reason"
                    ),
                ),
                (
                    "measures",
                    models.TextField(
                        blank=True,
                        help_text="What keeps it harmless until then.",
                        max_length=4000,
                        verbose_name="compensating measures",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="from")),
                (
                    "ends_on",
                    models.DateField(
                        help_text="The last day it holds. Longer than the policy allows is refused.",
                        verbose_name="until",
                    ),
                ),
                ("requested_at", models.DateTimeField(auto_now_add=True, verbose_name="requested")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("outcome", models.TextField(blank=True, max_length=4000, verbose_name="words of the decision")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waivers_decided",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waivers",
                        to="plugins.issue",
                        verbose_name="issue",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waivers_requested",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
                    ),
                ),
            ],
            options={
                "verbose_name": "waiver",
                "verbose_name_plural": "waivers",
                "ordering": ("-id",),
                "permissions": [("propose_waiver", "Can propose waivers"), ("decide_waiver", "Can decide waivers")],
                "default_permissions": ("view",),
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="FileDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "sha256",
                    models.CharField(
                        help_text="Of the file itself, as the list of shipped files shows it.",
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[0-9a-f]{64}\\Z", "64 hexadecimal digits in lower case."
                            )
                        ],
                        verbose_name="SHA-256",
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[("block", "Blocked"), ("allow", "Allowed")], max_length=10, verbose_name="decision"
                    ),
                ),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[("proposed", "Waits for a second person"), ("active", "Active"), ("ended", "Ended")],
                        default="proposed",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.TextField(max_length=4000, verbose_name="reason")),
                (
                    "ends_on",
                    models.DateField(blank=True, help_text="The last day it holds.", null=True, verbose_name="until"),
                ),
                ("requested_at", models.DateTimeField(auto_now_add=True, verbose_name="requested")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
                    ),
                ),
            ],
            options={
                "verbose_name": "file decision",
                "verbose_name_plural": "file decisions",
                "ordering": ("-id",),
                "permissions": [("decide_file", "Can block and allow files")],
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["proposed", "active", "ended"])),
                        name="filedecision_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["block", "allow"])), name="filedecision_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="filedecision_has_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict", "block"), ("ends_on__isnull", False), _connector="OR"),
                        name="filedecision_allowance_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verdict", "block"),
                            models.Q(("state", "active"), _negated=True),
                            models.Q(
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("requested_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="filedecision_four_eyes",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["proposed", "active"])),
                        fields=("sha256",),
                        name="filedecision_one_a_file",
                    ),
                ],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="FixedFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fixes",
                        to="plugins.finding",
                        verbose_name="last found as",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fixed",
                        to="plugins.vettingrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "fixed finding",
                "verbose_name_plural": "fixed findings",
                "ordering": ("id",),
                "abstract": False,
                "default_permissions": ("view",),
                "constraints": [models.UniqueConstraint(fields=("run", "finding"), name="fixed_once_a_run")],
            },
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(fields=["plugin", "fingerprint"], name="issue_fingerprint"),
        ),
        migrations.AddConstraint(
            model_name="issuenote",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="note_says_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="issuenote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("triage", ""), ("triage__in", ["confirmed", "false_alarm", "needs_owner", "open"]), _connector="OR"
                ),
                name="note_triage_known",
            ),
        ),
        migrations.AddIndex(
            model_name="waiver",
            index=models.Index(fields=["state", "ends_on"], name="waiver_due"),
        ),
        migrations.AddConstraint(
            model_name="waiver",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["proposed", "approved", "active", "expired", "revoked", "declined", "withdrawn"])
                ),
                name="waiver_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="waiver",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="waiver_ends_after"
            ),
        ),
        migrations.AddConstraint(
            model_name="waiver",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="waiver_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="waiver",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["proposed", "expired", "withdrawn"]), ("decided_by__isnull", False), _connector="OR"
                ),
                name="waiver_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="waiver",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(("decided_by", models.F("requested_by")), _negated=True),
                    ("state", "revoked"),
                    _connector="OR",
                ),
                name="waiver_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="waiver",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["proposed", "approved", "active"])),
                fields=("issue",),
                name="waiver_one_open_an_issue",
            ),
        ),
        AppendOnly("plugins_finding"),
        AppendOnly("plugins_issue"),
        AppendOnly("plugins_issuenote"),
        AppendOnly("plugins_fixedfinding"),
        AppendOnly("plugins_historicalwaiver"),
        AppendOnly("plugins_historicalfiledecision"),
        WriteOnce(
            "plugins_waiver",
            ["issue_id", "reason", "measures", "starts_on", "ends_on", "requested_by_id", "requested_at"],
        ),
        WriteOnce(
            "plugins_filedecision",
            ["sha256", "verdict", "reason", "ends_on", "requested_by_id", "requested_at"],
        ),
    ]
