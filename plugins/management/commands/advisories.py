"""`manage.py advisories import|sync|status|starter`: the vulnerability data the dependencies check asks."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from plugins.advisories import starter
from plugins.advisories.dump import DumpInvalid
from plugins.advisories.osv import RecordInvalid
from plugins.models import AdvisoryFeed
from plugins.services import feeds

if TYPE_CHECKING:
    from argparse import ArgumentParser

BUCKET = "https://osv-vulnerabilities.storage.googleapis.com"
"""OSV's public bucket, one `ECOSYSTEM/all.zip` each: https://google.github.io/osv.dev/data/."""
ECOSYSTEMS = ("npm", "PyPI")
TIMEOUT = 60
CHUNK = 1 << 20


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
        sync = actions.add_parser("sync", help="fetch OSV's public dumps; needs the network")
        sync.add_argument("--ecosystem", action="append", choices=ECOSYSTEMS, help="default: all we match")
        status = actions.add_parser("status", help="counts and age of every feed")
        status.add_argument("--json", action="store_true")
        actions.add_parser("starter", help="load the small starter feed of the demo; never for production")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what was asked."""
        try:
            getattr(self, f"_{options['action']}")(options)
        except DatabaseError as problem:
            raise CommandError(
                f"The database cannot be used: {problem}. Where there is none yet, run: make setup", returncode=2
            ) from problem

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        self._report(self._load(path, options["name"] or path.stem, path.name))

    def _sync(self, options: dict[str, Any]) -> None:
        for ecosystem in options["ecosystem"] or ECOSYSTEMS:
            url = f"{BUCKET}/{ecosystem}/all.zip"
            self.stdout.write(f"Fetching {url} …")
            with NamedTemporaryFile(suffix=".zip") as file:
                self._download(url, file)
                self._report(self._load(Path(file.name), f"OSV {ecosystem}", url))

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
        if options["json"]:
            self.stdout.write(json.dumps({"schema": "plugwarden.feeds/v1", "feeds": rows}, indent=2))
            return
        if not rows:
            self.stdout.write("No feed is imported. Run: manage.py advisories import FILE.zip")
        for row in rows:
            mark = "  DEMO DATA" if row["demo"] else ""
            self.stdout.write(
                f"{row['name']}: {row['records']:,} records, newest {row['age_days']} days old, "
                f"{row['unusable']} unusable, imported {row['imported_at']}{mark}"
            )

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

    def _download(self, url: str, file: Any) -> None:
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 - a constant https address
                while chunk := answer.read(CHUNK):
                    file.write(chunk)
        except (urllib.error.URLError, OSError) as problem:
            raise CommandError(f"{url} cannot be fetched: {problem}", returncode=2) from problem
        file.flush()

    def _report(self, result: feeds.ImportResult) -> None:
        per = ", ".join(f"{count:,} {name}" for name, count in result.ecosystems.most_common())
        self.stdout.write(f"{result.feed.name}: {result.records:,} records ({per}), {result.unusable} unusable")
        for problem in result.problems:
            self.stderr.write(f"  unusable: {problem}")
