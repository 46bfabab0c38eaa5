"""The bill of materials of a version, out of the report of its newest vetting that ended."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from django.db.models import Q

from plugins.enums import RUN_OPEN
from plugins.models import VettingRun

if TYPE_CHECKING:
    from plugins.models import PluginVersion

CONTENT_TYPE = "application/vnd.cyclonedx+json; version=1.6"


class NoBill(Exception):
    """No vetting of the version has ended with a report, so nobody knows what it is made of."""


def sbom_of(version: PluginVersion) -> tuple[str, bytes]:
    """File name and bytes of the version's CycloneDX document. Raises NoBill."""
    from plugins.exports.cyclonedx import bill_of_materials  # noqa: PLC0415 - start-up time: its library is large

    ended = VettingRun.objects.filter(version=version).exclude(Q(state__in=RUN_OPEN) | Q(report=None))
    run = ended.order_by("-queued_at", "-id").only("report", "finished_at").first()
    if run is None:
        raise NoBill
    document = bill_of_materials(run.report, made_at=run.finished_at, revision=ended.count())
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{version.plugin.name}-{version.version}").strip("-.") or "version"
    return f"{name}.cdx.json", json.dumps(document, indent=2, ensure_ascii=True).encode()
