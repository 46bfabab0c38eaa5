"""Print a vetting report in one of the formats of `manage.py vet`."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING

from plugins.exports.text import text_report

if TYPE_CHECKING:
    from plugins.vetting import Report

DOCUMENTS = {
    "json": ("plugins.exports.vetting_json", "vetting_document"),
    "sarif": ("plugins.exports.sarif", "sarif_document"),
    "cyclonedx": ("plugins.exports.cyclonedx", "cyclonedx_document"),
}
FORMATS = ("text", *DOCUMENTS)


def render(report: Report, form: str, *, colour: bool = False, width: int = 0) -> str:
    """The report as text; `form` is one of FORMATS, `colour` and `width` (0: endless) only matter for text."""
    if form == "text":
        return text_report(report, colour=colour, width=width)
    module, function = DOCUMENTS[form]
    document = getattr(import_module(module), function)(report)  # start-up time: the library of CycloneDX is large
    return json.dumps(document, indent=2, ensure_ascii=True)
