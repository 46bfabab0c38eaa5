"""`manage.py advisories import|import-kev|import-epss|sync|status|starter`: what the dependencies check asks."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from plugins.advisories import starter
from plugins.advisories.dump import DEFAULT_LIMITS, DumpInvalid
from plugins.advisories.exploitation import EPSS_BYTES, KEV_BYTES, ExploitationInvalid
from plugins.advisories.osv import RecordInvalid
from plugins.advisories.versions import SUPPORTED
from plugins.downloads import DownloadLimits, DownloadRefused, download
from plugins.models import AdvisoryFeed, ExploitationFeed
from plugins.services import feeds
from plugins.services.exploitation import STALE_DAYS, age_days, import_exploitation

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Iterator

KEV_HELP = "replace the list of known exploited vulnerabilities by CISA's catalogue (JSON)"
EPSS_HELP = "replace the EPSS scores by those of a file (CSV, also with gzip)"
SMALL = {ExploitationFeed.Kind.KEV: KEV_BYTES, ExploitationFeed.Kind.EPSS: EPSS_BYTES}
"""Bytes the two files have at most, whether packed or not."""
SMALL_SECONDS = 600.0


class Command(BaseCommand):
    """Import, fetch and show advisory feeds."""

    help = "Import an OSV dump, fetch the public ones, or show what is there and how old it is."
    requires_system_checks = ()  # nothing is signed or served here, so no secret is asked for, as in `vet`

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        actions = parser.add_subparsers(dest="action", required=True)
        bring = actions.add_parser("import", help="replace a feed by the records of an OSV dump (zip of JSON files)")
        bring.add_argument("file", type=Path)
        bring.add_argument("--name", help="name of the feed (default: the file's name)")
        for name, what in (("import-kev", KEV_HELP), ("import-epss", EPSS_HELP)):
            actions.add_parser(name, help=what).add_argument("file", type=Path)
        sync = actions.add_parser("sync", help="fetch OSV's public dumps; needs the network")
        sync.add_argument("--ecosystem", action="append", choices=SUPPORTED, help="default: all we match")
        sync.add_argument("--exploitation", action="store_true", help="fetch CISA's catalogue and the EPSS scores too")
        status = actions.add_parser("status", help="counts and age of every feed")
        status.add_argument("--json", action="store_true")
        actions.add_parser("starter", help="load the small starter feed of the demo; never for production")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what was asked."""
        try:
            getattr(self, f"_{options['action'].replace('-', '_')}")(options)
        except DatabaseError as problem:
            raise CommandError(
                f"The database cannot be used: {problem}. Where there is none yet, run: make setup", returncode=2
            ) from problem

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        self._report(self._load(path, options["name"] or path.stem, path.name))

    def _import_kev(self, options: dict[str, Any]) -> None:
        self._exploitation(ExploitationFeed.Kind.KEV, options["file"], options["file"].name)

    def _import_epss(self, options: dict[str, Any]) -> None:
        self._exploitation(ExploitationFeed.Kind.EPSS, options["file"], options["file"].name)

    def _sync(self, options: dict[str, Any]) -> None:
        """Fetch each file by itself: one that cannot be had leaves what was there, and the others are fetched."""
        failed, tried = 0, 0
        for url, limits, take in self._wanted(options):
            tried += 1
            self.stdout.write(f"Fetching {url} …")
            with NamedTemporaryFile(suffix=".part") as file:
                try:
                    download(url, file, limits)
                    take(Path(file.name), url)
                except (DownloadRefused, CommandError) as problem:
                    failed += 1
                    self.stderr.write(f"  {problem}")
        if failed:
            raise CommandError(
                f"{failed} of {tried} could not be fetched or used; what was imported before is kept.", returncode=2
            )

    def _wanted(self, options: dict[str, Any]) -> Iterator[tuple[str, DownloadLimits, Callable[[Path, str], None]]]:
        """Each address, how much it may hold, and what is done with the file."""
        for ecosystem in options["ecosystem"] or SUPPORTED:
            url = f"{settings.PLUGWARDEN_OSV_URL.rstrip('/')}/{ecosystem}/all.zip"
            yield url, DownloadLimits(DEFAULT_LIMITS.file_bytes), partial(self._take_dump, f"OSV {ecosystem}")
        for kind in SMALL if options["exploitation"] else ():
            url = getattr(settings, f"PLUGWARDEN_{kind.name}_URL")
            yield url, DownloadLimits(SMALL[kind], total=SMALL_SECONDS), partial(self._exploitation, kind)

    def _take_dump(self, name: str, path: Path, url: str) -> None:
        self._report(self._load(path, name, url))

    def _status(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        rows = [
            {
                "name": feed.name,
                "records": feed.records,
                "unusable": feed.unusable,
                "age_days": round(feeds.age_days(feed, now), 1),
                "imported_at": feed.imported_at.isoformat(timespec="seconds"),
                "demo": feed.demo,
            }
            for feed in AdvisoryFeed.objects.all()
        ]
        exploitation = [
            {
                "kind": feed.kind,
                "records": feed.records,
                "version": feed.version,
                "age_days": round(age_days(feed, now), 1),
                "stale": age_days(feed, now) > STALE_DAYS,
                "imported_at": feed.imported_at.isoformat(timespec="seconds"),
            }
            for feed in ExploitationFeed.objects.all()
        ]
        if options["json"]:
            document = {"schema": "plugwarden.feeds/v1", "feeds": rows, "exploitation": exploitation}
            self.stdout.write(json.dumps(document, indent=2))
            return
        if not rows:
            self.stdout.write("No feed is imported. Run: manage.py advisories import FILE.zip")
        for row in rows:
            mark = "  DEMO DATA" if row["demo"] else ""
            self.stdout.write(
                f"{row['name']}: {row['records']:,} records, newest {row['age_days']} days old, "
                f"{row['unusable']} unusable, imported {row['imported_at']}{mark}"
            )

        for kind in ExploitationFeed.Kind:
            entry = next((row for row in exploitation if row["kind"] == kind), None)
            if entry is None:
                self.stdout.write(f"{kind.label}: not imported. Run: manage.py advisories import-{kind} FILE")
                continue
            mark = "  STALE" if entry["stale"] else ""
            self.stdout.write(
                f"{kind.label}: {entry['records']:,} entries, {entry['age_days']} days old, "
                f"imported {entry['imported_at']}{mark}"
            )

    def _exploitation(self, kind: ExploitationFeed.Kind, path: Path, source: str) -> None:
        try:
            feed = import_exploitation(kind=kind, path=path, source=source)
        except ExploitationInvalid as problem:
            raise CommandError(str(problem), returncode=2) from problem
        age = age_days(feed, timezone.now())
        self.stdout.write(f"{kind.label}: {feed.records:,} entries, {age:.1f} days old")

    def _starter(self, _options: dict[str, Any]) -> None:
        self._report(
            feeds.import_documents(
                documents=starter.starter_feed(), name=starter.NAME, source=starter.attribution(), demo=True
            )
        )

    def _load(self, path: Path, name: str, source: str) -> feeds.ImportResult:
        try:
            return feeds.import_dump(path=path, name=name, source=source)
        except (DumpInvalid, RecordInvalid, feeds.FeedEmpty) as problem:
            raise CommandError(str(problem), returncode=2) from problem

    def _report(self, result: feeds.ImportResult) -> None:
        per = ", ".join(f"{count:,} {name}" for name, count in result.ecosystems.most_common())
        self.stdout.write(f"{result.feed.name}: {result.records:,} records ({per}), {result.unusable} unusable")
        for problem in result.problems:
            self.stderr.write(f"  unusable: {problem}")
