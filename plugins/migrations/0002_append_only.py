"""History, evidence and ledger only grow: the database itself refuses anything else."""

from django.db import migrations

from governance.db.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("plugins", "0001_initial")]

    operations = [
        AppendOnly(
            "plugins_artifact",
            "plugins_checkrun",
            "plugins_component",
            "plugins_criterionresult",
            "plugins_finding",
            "plugins_historicaladvisoryfeed",
            "plugins_historicalownerteam",
            "plugins_historicalplugin",
            "plugins_historicalpluginversion",
            "plugins_historicalsubmission",
            "plugins_historicalvettingrun",
            "plugins_observation",
        ),
    ]
