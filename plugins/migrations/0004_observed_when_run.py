"""Observations say whether they were read in the code or seen when the plugin ran."""

from django.db import migrations, models

from governance.db.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("plugins", "0003_write_once")]

    operations = [
        migrations.AddField(
            model_name="observation",
            name="dynamic",
            field=models.BooleanField(
                default=False,
                help_text="Seen when the plugin ran in the sandbox, not read in its code.",
                verbose_name="when run",
            ),
        ),
        AppendOnly("plugins_observation"),
    ]
