"""A document survives JSON unchanged, and nothing else is taken for a document."""

import copy
import json

import pytest

from audits.reports.snapshot import SnapshotInvalid, from_json, to_json
from governance.canonical import canonical, digest
from tests.audits.documents import audit_report, dossier


@pytest.mark.parametrize("document", [dossier(), audit_report()], ids=["dossier", "audit"])
def test_snapshot_reads_back_as_the_same_document(document):
    stored = json.loads(json.dumps(to_json(document)))

    assert from_json(stored) == document


def test_digest_does_not_depend_on_the_order_of_members():
    data = to_json(dossier())
    shuffled = dict(reversed(data.items()))

    assert digest(shuffled) == digest(data)
    assert canonical(shuffled) == canonical(data)


def test_digest_changes_with_any_value():
    data = to_json(dossier())
    other = copy.deepcopy(data)
    other["findings"][0]["severity"] = "low"

    assert digest(other) != digest(data)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.update(schema="plugwarden.dossier/v2"),
        lambda data: data.pop("findings"),
        lambda data: data.update(more=1),
        lambda data: data["risk"].update(score="47"),
        lambda data: data["risk"].update(score=True),
        lambda data: data["made"].update(at="yesterday"),
        lambda data: data.update(checks={}),
        lambda data: data["identity"].pop("sha256"),
    ],
)
def test_from_json_refuses_what_is_no_snapshot(spoil):
    data = to_json(dossier())
    spoil(data)

    with pytest.raises(SnapshotInvalid):
        from_json(data)


def test_to_json_makes_hostile_text_storable():
    data = to_json(dossier(description="a\x00b\ud800c"))

    assert data["identity"]["description"] == "a\ufffdb?c"
