"""Detection rules that people write, and what those on trial find."""

import django.db.models.deletion
import django_fsm
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from governance.db.append_only import AppendOnly
from governance.db.write_once import WriteOnce


class Migration(migrations.Migration):
    dependencies = [
        ("plugins", "0009_advisories_seen"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DetectionRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.SlugField(
                        help_text="Small letters, digits and dashes; findings are known by it.",
                        max_length=60,
                        verbose_name="code",
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1, verbose_name="revision")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ast-grep", "Syntax of code (ast-grep)"),
                            ("yara", "YARA"),
                            ("regex", "Regular expression"),
                            ("host", "Hosts"),
                            ("dependency", "Dependencies"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        help_text="What is wrong where it hits, in a few words.", max_length=200, verbose_name="title"
                    ),
                ),
                ("body", models.TextField(verbose_name="rule")),
                ("languages", models.JSONField(blank=True, default=list, verbose_name="languages")),
                (
                    "files",
                    models.CharField(
                        blank=True,
                        help_text="Globs, separated by blanks; empty: every file.",
                        max_length=300,
                        verbose_name="files",
                    ),
                ),
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
                        default="high",
                        max_length=10,
                        verbose_name="severity",
                    ),
                ),
                ("cwe", models.CharField(blank=True, max_length=20, verbose_name="CWE")),
                (
                    "message",
                    models.TextField(
                        help_text="Why it is bad, for the plugin's owner.", max_length=2000, verbose_name="message"
                    ),
                ),
                ("remediation", models.TextField(max_length=2000, verbose_name="how to fix")),
                (
                    "capability",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("network.outbound", "Calls other hosts"),
                            ("network.download", "Downloads files or code"),
                            ("network.listen", "Listens for connections"),
                            ("filesystem.read", "Reads files"),
                            ("filesystem.write", "Writes files"),
                            ("filesystem.delete", "Deletes files"),
                            ("process.spawn", "Starts other programs"),
                            ("process.install-hook", "Runs code when installed"),
                            ("process.schedule", "Schedules work"),
                            ("code.dynamic", "Runs code made at run time"),
                            ("code.native", "Contains native code"),
                            ("env.read", "Reads environment variables"),
                            ("secrets.read", "Reads stored secrets"),
                            ("clipboard.read", "Reads the clipboard"),
                            ("database.access", "Accesses databases"),
                            ("messaging.send", "Sends messages"),
                        ],
                        max_length=40,
                        verbose_name="capability",
                    ),
                ),
                (
                    "why",
                    models.TextField(
                        help_text="The incident, advisory or report it comes from, with its address.",
                        max_length=2000,
                        verbose_name="why",
                    ),
                ),
                ("hits", models.JSONField(default=list, verbose_name="must hit")),
                ("misses", models.JSONField(default=list, verbose_name="must not hit")),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("draft", "Draft"),
                            ("monitor", "Monitored"),
                            ("enforced", "Enforced"),
                            ("retired", "Retired"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                (
                    "written_by",
                    models.JSONField(
                        default=list,
                        help_text="Ids of all who changed the draft; none of them puts it in force.",
                        verbose_name="written by",
                    ),
                ),
                ("sealed", models.CharField(blank=True, max_length=64, null=True, verbose_name="digest")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("tested_at", models.DateTimeField(blank=True, null=True, verbose_name="tested")),
                ("monitored_at", models.DateTimeField(blank=True, null=True, verbose_name="monitored since")),
                ("enforced_at", models.DateTimeField(blank=True, null=True, verbose_name="enforced since")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retired")),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="written_rules",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                (
                    "enforced_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enforced_rules",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="put in force by",
                    ),
                ),
            ],
            options={
                "verbose_name": "detection rule",
                "verbose_name_plural": "detection rules",
                "ordering": ("code", "-revision"),
                "permissions": [("enforce_detectionrule", "Can put detection rules in force and retire them")],
            },
            bases=(django_fsm.ConcurrentTransitionMixin, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalDetectionRule",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "code",
                    models.SlugField(
                        help_text="Small letters, digits and dashes; findings are known by it.",
                        max_length=60,
                        verbose_name="code",
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1, verbose_name="revision")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ast-grep", "Syntax of code (ast-grep)"),
                            ("yara", "YARA"),
                            ("regex", "Regular expression"),
                            ("host", "Hosts"),
                            ("dependency", "Dependencies"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        help_text="What is wrong where it hits, in a few words.", max_length=200, verbose_name="title"
                    ),
                ),
                ("body", models.TextField(verbose_name="rule")),
                ("languages", models.JSONField(blank=True, default=list, verbose_name="languages")),
                (
                    "files",
                    models.CharField(
                        blank=True,
                        help_text="Globs, separated by blanks; empty: every file.",
                        max_length=300,
                        verbose_name="files",
                    ),
                ),
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
                        default="high",
                        max_length=10,
                        verbose_name="severity",
                    ),
                ),
                ("cwe", models.CharField(blank=True, max_length=20, verbose_name="CWE")),
                (
                    "message",
                    models.TextField(
                        help_text="Why it is bad, for the plugin's owner.", max_length=2000, verbose_name="message"
                    ),
                ),
                ("remediation", models.TextField(max_length=2000, verbose_name="how to fix")),
                (
                    "capability",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("network.outbound", "Calls other hosts"),
                            ("network.download", "Downloads files or code"),
                            ("network.listen", "Listens for connections"),
                            ("filesystem.read", "Reads files"),
                            ("filesystem.write", "Writes files"),
                            ("filesystem.delete", "Deletes files"),
                            ("process.spawn", "Starts other programs"),
                            ("process.install-hook", "Runs code when installed"),
                            ("process.schedule", "Schedules work"),
                            ("code.dynamic", "Runs code made at run time"),
                            ("code.native", "Contains native code"),
                            ("env.read", "Reads environment variables"),
                            ("secrets.read", "Reads stored secrets"),
                            ("clipboard.read", "Reads the clipboard"),
                            ("database.access", "Accesses databases"),
                            ("messaging.send", "Sends messages"),
                        ],
                        max_length=40,
                        verbose_name="capability",
                    ),
                ),
                (
                    "why",
                    models.TextField(
                        help_text="The incident, advisory or report it comes from, with its address.",
                        max_length=2000,
                        verbose_name="why",
                    ),
                ),
                ("hits", models.JSONField(default=list, verbose_name="must hit")),
                ("misses", models.JSONField(default=list, verbose_name="must not hit")),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("draft", "Draft"),
                            ("monitor", "Monitored"),
                            ("enforced", "Enforced"),
                            ("retired", "Retired"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                (
                    "written_by",
                    models.JSONField(
                        default=list,
                        help_text="Ids of all who changed the draft; none of them puts it in force.",
                        verbose_name="written by",
                    ),
                ),
                ("sealed", models.CharField(blank=True, max_length=64, null=True, verbose_name="digest")),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="created")),
                ("tested_at", models.DateTimeField(blank=True, null=True, verbose_name="tested")),
                ("monitored_at", models.DateTimeField(blank=True, null=True, verbose_name="monitored since")),
                ("enforced_at", models.DateTimeField(blank=True, null=True, verbose_name="enforced since")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retired")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                (
                    "enforced_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="put in force by",
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
                "verbose_name": "historical detection rule",
                "verbose_name_plural": "historical detection rules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="MonitoredFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(blank=True, max_length=1024, verbose_name="file")),
                ("line", models.PositiveIntegerField(default=0, verbose_name="line")),
                ("snippet", models.TextField(blank=True, verbose_name="snippet")),
                ("fingerprint", models.CharField(max_length=64, verbose_name="fingerprint")),
                ("found_at", models.DateTimeField(auto_now_add=True, verbose_name="found")),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="monitored",
                        to="plugins.detectionrule",
                        verbose_name="rule",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="monitored",
                        to="plugins.vettingrun",
                        verbose_name="run",
                    ),
                ),
            ],
            options={
                "verbose_name": "monitored finding",
                "verbose_name_plural": "monitored findings",
                "ordering": ("id",),
                "abstract": False,
                "default_permissions": ("view",),
            },
        ),
        migrations.AddConstraint(
            model_name="detectionrule",
            constraint=models.UniqueConstraint(fields=("code", "revision"), name="rule_revision_once"),
        ),
        migrations.AddConstraint(
            model_name="detectionrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "retired"), _negated=True),
                fields=("code", "state"),
                name="rule_one_a_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="detectionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "monitor", "enforced", "retired"])), name="rule_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="detectionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "draft"), ("state", "retired"), models.Q(("sealed", None), _negated=True), _connector="OR"
                ),
                name="rule_sealed_in_use",
            ),
        ),
        migrations.AddIndex(
            model_name="monitoredfinding",
            index=models.Index(fields=["rule", "found_at"], name="monitored_rule_found"),
        ),
        AppendOnly("plugins_historicaldetectionrule", "plugins_monitoredfinding"),
        WriteOnce(
            "plugins_detectionrule",
            [
                "code",
                "revision",
                "author_id",
                "created_at",
                "sealed",
                "monitored_at",
                "enforced_at",
                "enforced_by_id",
                "retired_at",
            ],
        ),
    ]
