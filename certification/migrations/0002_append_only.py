"""History, evidence and ledger only grow: the database itself refuses anything else."""

from django.db import migrations

from governance.db.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("certification", "0001_initial")]

    operations = [
        AppendOnly(
            "certification_decision",
            "certification_decision_criteria",
            "certification_historicalcertificate",
            "certification_historicalcriterionanswer",
            "certification_historicaldecision",
            "certification_historicalrevalidation",
            "certification_historicalreview",
        ),
    ]
