import json

import pytest
from django.urls import reverse

from plugins.advisories.osv import parse_record
from plugins.services.feeds import import_records

URL = reverse("osv-query")
RECORD = {
    "id": "PW-2026-0001",
    "modified": "2026-10-01T00:00:00Z",
    "summary": "Something leaks.",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "leaky-lib"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        }
    ],
}


@pytest.fixture
def feed(db):
    import_records(records=[parse_record(RECORD)], name="A feed")


def ask(client, document, **more):
    return client.post(URL, json.dumps(document), content_type="application/json", **more)


def package(name="leaky-lib", ecosystem="PyPI"):
    return {"name": name, "ecosystem": ecosystem}


@pytest.mark.parametrize(("version", "found"), [("1.0", ["PW-2026-0001"]), ("2.0", []), (None, ["PW-2026-0001"])])
def test_query_answers_for_a_version(client, feed, version, found):
    asked = {"package": package()} | ({"version": version} if version else {})

    answer = ask(client, asked)

    assert answer.status_code == 200
    assert [record["id"] for record in answer.json().get("vulns", [])] == found


def test_query_knows_a_package_by_any_spelling_of_its_name(client, feed):
    assert ask(client, {"package": package("Leaky_Lib"), "version": "1.0"}).json()["vulns"] == [RECORD]


def test_query_without_a_feed_is_no_empty_answer(client, db):
    answer = ask(client, {"package": package(), "version": "1.0"})

    assert (answer.status_code, answer.json()["message"]) == (503, "No advisory feed is imported.")


@pytest.mark.parametrize("text", ["\0", "\ud800", "a\nb"], ids=["nul", "half a pair", "lines"])
def test_query_by_a_name_no_package_can_have_is_refused(client, feed, text):
    assert ask(client, {"package": package(name=text)}).status_code == 400
    assert ask(client, {"package": package(ecosystem=text)}).status_code == 400


@pytest.mark.parametrize(
    "document", [[], {}, {"package": "leaky-lib"}, {"package": {"name": 1, "ecosystem": "PyPI"}}, {"commit": "abc"}]
)
def test_query_that_names_no_package_is_refused(client, feed, document):
    assert ask(client, document).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 50_000, b" " * 70_000])
def test_query_that_cannot_be_read_is_refused(client, feed, body):
    answer = client.post(URL, body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["code"] == 3


def test_query_by_get_is_refused(client, db):
    answer = client.get(URL)

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
