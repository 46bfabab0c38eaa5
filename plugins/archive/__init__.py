"""Read submitted archives safely: strict, streaming, never following, executing or believing anything in them."""

from __future__ import annotations

from plugins.archive.limits import ArchiveLimits, ArchiveRefused
from plugins.archive.model import ArchiveNote, Unpacked
from plugins.archive.unpack import unpack

__all__ = ["ArchiveLimits", "ArchiveNote", "ArchiveRefused", "Unpacked", "unpack"]
