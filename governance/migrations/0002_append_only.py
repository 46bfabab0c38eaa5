"""History, evidence and ledger only grow: the database itself refuses anything else."""

from django.db import migrations

from governance.db.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial")]

    operations = [
        AppendOnly(
            "governance_historicalcriterion",
            "governance_historicalpolicyversion",
            "governance_historicaluser",
            "governance_ledgerentry",
        ),
    ]
