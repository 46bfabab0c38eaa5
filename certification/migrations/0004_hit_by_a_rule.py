"""A revalidation can be asked for because a detection rule hits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("certification", "0003_write_once"),
    ]

    operations = [
        migrations.AlterField(
            model_name="historicalrevalidation",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("schedule", "Due by its tier"),
                    ("advisory", "Hit by an advisory"),
                    ("detection", "Hit by a detection rule"),
                ],
                max_length=20,
                verbose_name="trigger",
            ),
        ),
        migrations.AlterField(
            model_name="revalidation",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("schedule", "Due by its tier"),
                    ("advisory", "Hit by an advisory"),
                    ("detection", "Hit by a detection rule"),
                ],
                max_length=20,
                verbose_name="trigger",
            ),
        ),
    ]
