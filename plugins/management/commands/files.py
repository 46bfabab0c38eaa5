"""`manage.py files index|find`: which stored versions ship a file, known by its SHA-256."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from plugins.archive import ArchiveRefused
from plugins.exports.text import plain
from plugins.models import ArtifactDamaged, VersionFile
from plugins.services import files

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from plugins.models import PluginVersion

MOST = 1000


class Command(BaseCommand):
    """Write the index of shipped files for older versions, and ask it."""

    help = "Find the stored versions that ship a file, or index the files of versions stored by an older release."
    requires_system_checks = ()  # nothing is signed or served here, as in `advisories`

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("index", help="index versions not indexed yet; stopped half-way, it goes on where it was")
        find = actions.add_parser("find", help="list the versions that ship a file")
        find.add_argument("sha256", help="SHA-256 of the file, 64 hex digits")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what was asked."""
        try:
            getattr(self, f"_{options['action']}")(options)
        except DatabaseError as problem:
            raise CommandError(
                f"The database cannot be used: {problem}. Where there is none yet, run: make setup", returncode=2
            ) from problem

    def _index(self, _options: dict[str, Any]) -> None:
        waiting = list(files.unindexed())
        failed = [version for version in waiting if not self._indexed(version)]
        self.stdout.write(f"{len(waiting) - len(failed):,} versions indexed, {len(failed):,} could not be read.")
        if failed:
            raise CommandError("What could not be read is found by no digest.", returncode=1)

    def _indexed(self, version: PluginVersion) -> bool:
        try:
            files.index_stored(version=version)
        except (ArtifactDamaged, ArchiveRefused, OSError) as problem:
            self.stderr.write(plain(f"  {version}: {problem}"))
            return False
        return True

    def _find(self, options: dict[str, Any]) -> None:
        sha256: str = options["sha256"].strip().lower()
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise CommandError("A SHA-256 has 64 hex digits.", returncode=2)
        found = VersionFile.objects.shipped(sha256)
        for file in found[:MOST]:
            self.stdout.write(plain(f"{file.version}  {file.path}"))
        self.stdout.write(
            f"{found.count():,} places in {found.order_by().values('version').distinct().count():,} versions."
        )
        if unknown := files.unindexed().count():
            raise CommandError(f"{unknown:,} versions are not indexed yet. Run: manage.py files index", returncode=1)
