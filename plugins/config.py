"""Settings turned into the plain objects the engine room takes."""

from __future__ import annotations

from django.conf import settings

from plugins.archive import ArchiveLimits
from plugins.provenance.evidence import Trust, trust_from


def archive_limits() -> ArchiveLimits:
    """How large and how odd an archive may be here."""
    given = settings.ARCHIVE_LIMITS
    return ArchiveLimits(
        max_archive_bytes=given["input_bytes"],
        max_total_bytes=given["output_bytes"],
        max_ratio=given["ratio"],
        max_entries=given["entries"],
        max_file_bytes=given["file_bytes"],
        max_name_bytes=given["name_bytes"],
        max_depth=given["depth"],
    )


def provenance_trust() -> Trust:
    """Who is trusted to say where plugins come from; read anew each time, so that a changed file counts at once."""
    return trust_from(settings.PROVENANCE_TRUST)
