"""The bill of materials of a version, out of the report of its newest vetting that ended, and what people decided."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from governance import ledger
from plugins.enums import RUN_OPEN, Triage
from plugins.models import Finding, FixedFinding, IssueNote, VettingRun, Waiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.models import User
    from plugins.exports.analysis import Resolved, Standing
    from plugins.models import PluginVersion

CONTENT_TYPE = "application/vnd.cyclonedx+json; version=1.6"
CHECK = "dependencies"


class NoBill(Exception):
    """No vetting of the version has ended with a report, so nobody knows what it is made of."""


def sbom_of(version: PluginVersion) -> tuple[str, bytes]:
    """File name and bytes of the version's CycloneDX document. Raises NoBill."""
    from plugins.exports.cyclonedx import bill_of_materials  # noqa: PLC0415 - start-up time: its library is large

    ended = VettingRun.objects.filter(version=version).exclude(Q(state__in=RUN_OPEN) | Q(report=None))
    run = ended.order_by("-queued_at", "-id").only("report", "finished_at").first()
    if run is None:
        raise NoBill
    document = bill_of_materials(
        run.report,
        made_at=run.finished_at,
        revision=ended.count(),
        standings=standings_of(run),
        resolved=list(_resolved(run)),
    )
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{version.plugin.name}-{version.version}").strip("-.") or "version"
    return f"{name}.cdx.json", json.dumps(document, indent=2, ensure_ascii=True).encode()


@transaction.atomic
def download_sbom(*, version: PluginVersion, actor: User) -> tuple[str, bytes]:
    """The same for somebody who takes it away, which the ledger is told with the file's digest. Raises NoBill."""
    name, content = sbom_of(version)
    digest = hashlib.sha256(content).hexdigest()
    ledger.record(verb="sbom.downloaded", subject=version, actor=actor, details={"sha256": digest})
    return name, content


def standings_of(run: VettingRun) -> dict[str, Standing]:
    """Where a run's findings about dependencies stand today, by fingerprint: by a waiver in force, else by triage."""
    from plugins.exports import analysis  # noqa: PLC0415 - start-up time, likewise

    newest = IssueNote.objects.filter(issue=OuterRef("issue")).exclude(triage="").order_by("-pk").values("triage")[:1]
    rows = list(
        Finding.objects.filter(run=run, check_code=CHECK)
        .exclude(issue=None)
        .annotate(triage=Subquery(newest))
        .values_list("fingerprint", "issue", "triage")
    )
    waivers = {
        waiver.issue_id: analysis.waived(
            name=str(waiver), until=waiver.ends_on.isoformat(), reason=waiver.reason, measures=waiver.measures
        )
        for waiver in Waiver.objects.in_force(timezone.localdate()).filter(issue__in={issue for _, issue, _ in rows})
    }
    by_triage = {Triage.CONFIRMED: analysis.CONFIRMED, Triage.FALSE_ALARM: analysis.FALSE_ALARM}
    return {
        fingerprint: waivers.get(issue) or by_triage.get(triage, analysis.UNDECIDED)
        for fingerprint, issue, triage in rows
    }


def _resolved(run: VettingRun) -> Iterator[Resolved]:
    """Faults of dependencies that an earlier run found and this one looked for in vain."""
    from plugins.exports.analysis import Resolved  # noqa: PLC0415 - start-up time, likewise

    fixed = FixedFinding.objects.filter(run=run, finding__check_code=CHECK)
    gone = set(fixed.values_list("finding__fingerprint", flat=True))
    if not gone:
        return
    before = VettingRun.objects.filter(findings__fixes__in=fixed).exclude(report=None).distinct().order_by("-id")
    for earlier in before.only("report"):
        for dependency in earlier.report["dependencies"]:
            for advisory in dependency["advisories"]:
                if gone & set(advisory.get("findings", ())):
                    gone -= set(advisory["findings"])
                    yield Resolved(dependency, advisory)
