"""The documentation of the formats is what the formats say of themselves."""

import json
from pathlib import Path

from plugins.formats import FORMATS

DOCS = Path(__file__).resolve().parents[3] / "docs"


def table():
    rows = [f"| {known.label} | `{known.name}` | {known.recognised_by} | {known.derives} |" for known in FORMATS]
    head = ["| format | name | recognised by | what its manifest says about rights |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def test_the_table_of_formats_is_theirs():
    assert table() in (DOCS / "formats.md").read_text(encoding="utf-8")


def test_the_schema_of_reports_names_every_format():
    schema = json.loads((DOCS / "schemas" / "vetting.v1.schema.json").read_text(encoding="utf-8"))

    named = json.dumps(schema)
    assert all(f'"{known.name}"' in named for known in FORMATS)
