"""When each advisory was first seen as it is, so that one can ask what has come since a run began."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def as_imported(apps, _schema_editor):
    feeds = apps.get_model("plugins", "AdvisoryFeed").objects.filter(pk=OuterRef("feed"))
    apps.get_model("plugins", "Advisory").objects.update(seen_at=Subquery(feeds.values("imported_at")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("plugins", "0008_files_of_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="advisory",
            name="digest",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="digest of the record"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="advisory",
            name="seen_at",
            field=models.DateTimeField(
                help_text="When the import ended that brought it as it is now.", null=True, verbose_name="first seen"
            ),
        ),
        migrations.RunPython(as_imported, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="advisory",
            index=models.Index(fields=["seen_at"], name="advisory_seen"),
        ),
    ]
