"""Document -> HTML -> PDF/A-3a. Only the worker imports this: the engines take a second to load.

The same snapshot gives the same bytes on the same installation: dates and the file's identifier come from the snapshot.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError

from audits.reports import assets
from audits.reports.documents import Dossier
from audits.reports.pages import audit_context, dossier_context
from audits.reports.snapshot import from_json
from audits.reports.text import printable_document
from governance.canonical import canonical, digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audits.reports.documents import Document

VARIANT = "pdf/a-3a"
"""ISO 19005-3, conformance A: tagged, Unicode, archivable, and it may carry its snapshot as an attachment."""

SNAPSHOT_NAME = "snapshot.json"


class RenderingFailed(Exception):
    """No PDF could be made; the text says why, for the person who asked."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished PDF."""

    content: bytes
    pages: int


def render(snapshot: Mapping[str, Any]) -> Rendered:
    """Make the PDF of a snapshot; the snapshot's canonical bytes are attached to it.

    Raises:
        RenderingFailed: an asset is missing, or the document asked for something outside of them.
        audits.reports.snapshot.SnapshotInvalid: it is no snapshot of ours.
    """
    document = from_json(snapshot)
    try:
        assets.check_fonts()
        html = to_html(document, digest(snapshot))
        return _pdf(html, document, snapshot)
    except (assets.AssetMissing, FatalURLFetchingError) as problem:
        raise RenderingFailed(str(problem)) from problem


def to_html(document: Document, sha256: str) -> str:
    """The document as one HTML page, all text in it escaped and printable."""
    shown = printable_document(document, assets.drawable())
    with translation.override(settings.LANGUAGE_CODE), timezone.override(UTC):
        if isinstance(shown, Dossier):
            name, context = "reports/pdf/dossier.html", dossier_context(shown)
        else:
            name, context = "reports/pdf/audit.html", audit_context(shown)
        return render_to_string(name, {**context, "lang": settings.LANGUAGE_CODE, "snapshot_sha256": sha256})


def _pdf(html: str, document: Document, snapshot: Mapping[str, Any]) -> Rendered:
    fetcher, fonts = assets.AssetFetcher(), FontConfiguration()
    at = document.made.at.astimezone(UTC)
    style = CSS(string=assets.style(), url_fetcher=fetcher, font_config=fonts)
    attachment = Attachment(
        string=canonical(snapshot),
        name=SNAPSHOT_NAME,
        description="The data this report was made from",
        created=at,
        modified=at,
        relationship="Source",
        url_fetcher=fetcher,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"unclosed file .*\.icc", ResourceWarning)  # WeasyPrint forgets to close its
        laid_out = HTML(string=html, url_fetcher=fetcher).render(
            stylesheets=[style], font_config=fonts, pdf_variant=VARIANT
        )
        content = laid_out.write_pdf(
            pdf_variant=VARIANT, pdf_identifier=digest(snapshot).encode(), attachments=[attachment]
        )
    return Rendered(content, len(laid_out.pages))
