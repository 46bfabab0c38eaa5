from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest

from plugins.advisories.endpoint import QueryInvalid, answer_query, serving
from plugins.advisories.matching import AdvisoryIndex


def query(version=None, name="Left_Pad", ecosystem="PyPI"):
    return {"package": {"name": name, "ecosystem": ecosystem}, **({"version": version} if version else {})}


@pytest.fixture
def index(record):
    events = [("introduced", "0"), ("fixed", "2.0")]
    return AdvisoryIndex(
        [
            record("PYSEC-1a", package=("PyPI", "left-pad"), events=events),
            record("PYSEC-2b", package=("PyPI", "left-pad"), withdrawn="2024-01-01T00:00:00Z"),
            record("PYSEC-3c", package=("PyPI", "odd"), events=[("introduced", "0"), ("fixed", "b1-1")]),
        ]
    )


def test_answer_query_gives_affecting_records_as_imported(index):
    assert [found["id"] for found in answer_query(index, query("1.0"))["vulns"]] == ["PYSEC-1a"]
    assert [found["id"] for found in answer_query(index, query())["vulns"]] == ["PYSEC-1a"]
    assert answer_query(index, query("2.0")) == {}
    assert answer_query(index, query("1.0", name="other")) == {}


@pytest.mark.parametrize(
    "asked", [None, [], {}, {"package": "x"}, query("no version"), query("1.0", name="odd"), query(name=7), query(5)]
)
def test_answer_query_refuses_rather_than_leaving_out(index, asked):
    with pytest.raises(QueryInvalid):
        answer_query(index, asked)


def test_serving_speaks_osvs_protocol(index, socket_enabled):
    with serving(index) as address:
        place = urlsplit(address)

        def ask(body, path=place.path):
            connection = http.client.HTTPConnection(place.hostname, place.port, timeout=5)
            connection.request("POST", path, body)
            response = connection.getresponse()
            found = response.status, json.loads(response.read())
            connection.close()
            return found

        assert ask(json.dumps(query("1.0")))[1]["vulns"][0]["id"] == "PYSEC-1a"
        assert ask(json.dumps(query("3.0"))) == (200, {})
        assert ask(b"{")[0] == 400
        assert ask(b"")[0] == 400
        assert ask(b"[" * 60_000)[0] == 400
        assert ask(b"{}", "/v1/other")[0] == 404
