"""The table in which failed sign-ins are counted for some minutes; Django's own layout of a cache."""

from django.core.management import call_command
from django.db import migrations

TABLE = "governance_guesses"


def create(_apps, schema_editor):
    call_command("createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("governance", "0002_append_only")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
