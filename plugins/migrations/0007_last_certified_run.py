"""Plugins know the run behind their newest certificate, and whether automatic certificates are held."""

import django.db.models.deletion
from django.db import migrations, models

from governance.db.append_only import AppendOnly


def from_approved_versions(apps, _schema_editor):
    """What was certified before it was written down: the newest passed run of the newest approved version."""
    run_model = apps.get_model("plugins", "VettingRun")
    for plugin in apps.get_model("plugins", "Plugin").objects.all():
        passed = run_model.objects.filter(version__plugin=plugin, version__state="approved", state="passed")
        if newest := passed.order_by("-finished_at", "-pk").first():
            type(plugin).objects.filter(pk=plugin.pk).update(certified_run=newest)


class Migration(migrations.Migration):
    dependencies = [
        ("plugins", "0006_sweeps_wait_their_turn"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalplugin",
            name="automation_held",
            field=models.TextField(
                blank=True,
                help_text="Why a human decides about every version for now; empty: not held.",
                verbose_name="automatic certificates held",
            ),
        ),
        migrations.AddField(
            model_name="historicalplugin",
            name="certified_run",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The run behind the newest certificate: what the next version is compared with.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="plugins.vettingrun",
                verbose_name="last certified run",
            ),
        ),
        migrations.AddField(
            model_name="plugin",
            name="automation_held",
            field=models.TextField(
                blank=True,
                help_text="Why a human decides about every version for now; empty: not held.",
                verbose_name="automatic certificates held",
            ),
        ),
        migrations.AddField(
            model_name="plugin",
            name="certified_run",
            field=models.ForeignKey(
                blank=True,
                help_text="The run behind the newest certificate: what the next version is compared with.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="certifies",
                to="plugins.vettingrun",
                verbose_name="last certified run",
            ),
        ),
        AppendOnly("plugins_historicalplugin"),
        migrations.RunPython(from_approved_versions, migrations.RunPython.noop),
    ]
