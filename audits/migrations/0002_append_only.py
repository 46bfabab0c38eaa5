"""History, evidence and ledger only grow: the database itself refuses anything else."""

from django.db import migrations

from governance.db.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("audits", "0001_initial")]

    operations = [
        AppendOnly(
            "audits_historicalactionplan",
            "audits_historicalaudit",
            "audits_historicalauditfinding",
            "audits_historicalevidencefile",
            "audits_historicalreport",
        ),
    ]
