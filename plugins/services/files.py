"""Keep which files each version ships: at submission, and afterwards for versions stored before this was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from plugins.archive import unpack
from plugins.config import archive_limits
from plugins.models import PluginVersion, VersionFile
from plugins.services.storable import storable
from plugins.work import work_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from plugins.package import SourceFile

BATCH = 2000


def index_files(*, version: PluginVersion, files: Iterable[SourceFile]) -> int:
    """Write the files of a version and give their number; 0 where they are known already."""
    with transaction.atomic():
        PluginVersion.objects.select_for_update().get(pk=version.pk)  # two at once would write every row twice
        if version.files.exists():
            return 0
        return len(VersionFile.objects.bulk_create([_row(version, file) for file in files], batch_size=BATCH))


def index_stored(*, version: PluginVersion) -> int:
    """Unpack the stored package of a version, running nothing of it, and write its files; gives their number.

    Raises:
        plugins.models.ArtifactDamaged: the stored bytes are not the submitted ones.
        FileNotFoundError: the storage has lost them.
        plugins.archive.ArchiveRefused: today's limits refuse the archive.
    """
    with work_folder("files") as folder:
        version.artifact.copy_to(folder / "artifact")
        unpacked = unpack(folder / "artifact", folder / "tree", archive_limits())
    return index_files(version=version, files=unpacked.files)


def unindexed() -> QuerySet[PluginVersion]:
    """Versions whose files are not known. A package has files, so a version without any was never looked at."""
    known = VersionFile.objects.order_by().values("version_id")
    return PluginVersion.objects.exclude(pk__in=known).select_related("plugin", "artifact").order_by("pk")


def _row(version: PluginVersion, file: SourceFile) -> VersionFile:
    return VersionFile(
        version=version,
        path=storable(file.path),
        sha256=file.sha256,
        size=file.size,
        language=file.language or "",
    )
