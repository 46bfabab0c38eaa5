"""Runs of sweeps wait for their turn."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("plugins", "0005_kept_results"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalvettingrun",
            name="released_at",
            field=models.DateTimeField(
                blank=True,
                help_text="A sweep's runs wait for their turn before.",
                null=True,
                verbose_name="handed to the workers",
            ),
        ),
        migrations.AddField(
            model_name="vettingrun",
            name="released_at",
            field=models.DateTimeField(
                blank=True,
                help_text="A sweep's runs wait for their turn before.",
                null=True,
                verbose_name="handed to the workers",
            ),
        ),
    ]
