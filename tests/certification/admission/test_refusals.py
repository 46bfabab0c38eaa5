import datetime as dt
import json

import pytest
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from certification.admission import openapi
from certification.admission.views import MOST_BYTES
from governance.roles import Role
from governance.tokens import Scope, mint
from tests.certification.admission.conftest import ACKNOWLEDGEMENTS, ADMISSION, Platform
from tests.factories import CertificateFactory, RecallFactory, UserFactory, digest

ONE = digest("one")
DOCUMENT = json.loads(openapi.PATH.read_text(encoding="utf-8"))


def problem(response):
    """Status and code of a problem, which is what the description says a problem is."""
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    _valid("Problem", document)
    assert document["status"] == response.status_code
    return response.status_code, document["code"]


def _valid(name, document):
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(document)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "digest-missing"),
        (f"?sha265={ONE}", "digest-missing"),
        ("?sha256=", "digest-malformed"),
        (f"?sha256={ONE[:-1]}", "digest-malformed"),
        (f"?sha256={ONE}0", "digest-malformed"),
        (f"?sha256={ONE[:-1]}g", "digest-malformed"),
        (f"?sha256={ONE}%0a", "digest-malformed"),
        (f"?sha256=sha256:{ONE}", "digest-malformed"),
        ("?sha256=" + "%EF%BC%90" * 64, "digest-malformed"),  # digits, but of another script
        ("?sha256=%FF%FE", "digest-malformed"),
        (f"?sha256={ONE}&sha256={ONE}", "digest-repeated"),
    ],
)
def test_a_question_that_names_no_digest_is_refused(platform, query, code):
    assert problem(platform.client.get(ADMISSION + query, headers=platform.headers)) == (400, code)


def test_a_digest_in_upper_case_is_the_same_digest(platform):
    one = CertificateFactory(demo=False)

    assert platform.ask(one.sha256.upper()).json()["sha256"] == one.sha256


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b" ", 400, "not-json"),
        (b"{", 400, "not-json"),
        (b"\xff", 400, "not-json"),
        (b"[" * 100_000, 400, "not-json"),
        (b'"%s"' % ONE.encode(), 400, "body-malformed"),
        (b"null", 400, "body-malformed"),
        (b"{}", 400, "body-malformed"),
        (b'{"sha256": []}', 400, "body-malformed"),
        (b'{"sha256": "%s"}' % ONE.encode(), 400, "body-malformed"),
        (b'{"sha256": ["%s"], "also": 1}' % ONE.encode(), 400, "body-malformed"),
        (b'{"sha256": ["%s", 1]}' % ONE.encode(), 400, "digest-malformed"),
        (b'{"sha256": ["\\ud800"]}', 400, "digest-malformed"),
        (b'{"sha256": [NaN]}', 400, "digest-malformed"),
        (b" " * (MOST_BYTES + 1), 413, "body-too-large"),
    ],
)
def test_a_body_that_asks_nothing_is_refused(platform, body, status, code):
    assert problem(platform.send(body)) == (status, code)


def test_a_thousand_and_one_digests_are_too_many(platform):
    assert problem(platform.send({"sha256": [ONE] * 1_001})) == (400, "too-many")
    assert platform.send({"sha256": [ONE] * 1_000}).status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_a_body_of_another_kind_is_refused(platform, kind):
    assert problem(platform.send({"sha256": [ONE]}, content_type=kind)) == (415, "content-type")


@pytest.mark.parametrize(("length", "answer"), [
    ("", (411, "length-missing")), ("-1", (411, "length-missing")), ("9" * 400, (413, "body-too-large")),
])  # fmt: skip
def test_a_body_without_an_honest_length_is_refused(platform, length, answer):
    assert problem(platform.send({"sha256": [ONE]}, CONTENT_LENGTH=length)) == answer


ENDED = {
    "token-revoked": {"revoked_at": timezone.now()},
    "account-inactive": {"user__is_active": False},
    "role-missing": {"user__role": Role.OWNER},
    "scope-missing": {"scopes": []},
}


@pytest.mark.parametrize("code", ENDED)
@pytest.mark.parametrize("asked", ["one", "many", "malformed", "open", "acknowledge"])
def test_a_token_that_opens_nothing_says_why(client, db, code, asked, django_assert_num_queries):
    platform = Platform(client, **ENDED[code])
    ask = {
        "one": lambda: platform.ask(ONE),
        "many": lambda: platform.send({"sha256": [ONE]}),
        "malformed": lambda: platform.ask("x"),
        "open": platform.open,
        "acknowledge": lambda: platform.acknowledge(serials=["PW-1"]),
    }[asked]

    with django_assert_num_queries(1):
        answer = ask()

    status = 403 if code.endswith("missing") else 401
    assert problem(answer) == (status, code)
    assert "Bearer" in answer["WWW-Authenticate"]


def test_a_token_that_ran_out_says_so(client, db, monkeypatch):
    platform = Platform(client)
    later = platform.token.expires_at + dt.timedelta(seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)

    assert problem(platform.ask(ONE)) == (401, "token-expired")


@pytest.mark.parametrize("header", ["", "Basic dTpw", "Bearer x", "Bearer unknown"])
@pytest.mark.parametrize("sha256", [ONE, "malformed"])
def test_strangers_learn_nothing(client, db, header, sha256):
    header = header.replace("unknown", mint())
    given = {"Authorization": header} if header else {}

    answer = client.get(ADMISSION, {"sha256": sha256}, headers=given)

    assert problem(answer) == (401, "token-invalid" if header else "token-missing")


def test_a_token_in_the_address_and_a_session_open_nothing(client, platform):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))

    assert problem(client.get(ADMISSION, {"sha256": ONE, "access_token": platform.text}))[0] == 401


def test_scopes_are_kept_apart(client, db):
    reader = Platform(client, scopes=[Scope.ADMISSION_READ])
    teller = Platform(client, scopes=[Scope.ADMISSION_ACKNOWLEDGE])

    assert reader.ask(ONE).status_code == teller.open().status_code == 200
    assert problem(reader.open()) == problem(teller.ask(ONE)) == (403, "scope-missing")
    assert problem(reader.acknowledge(serials=["PW-1"])) == (403, "scope-missing")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused_as_problems(platform, method):
    answer = getattr(platform.client, method)(ADMISSION, headers=platform.headers)

    assert problem(answer) == (405, "method")
    assert answer["Allow"] == "GET, HEAD, POST"


def test_an_address_there_is_not_is_a_problem(client, db):
    assert problem(client.get("/api/v1/admissions")) == (404, "not-found")
    assert problem(client.post("/api/v1/x/y")) == (404, "not-found")


def test_an_address_that_cannot_be_read_is_a_problem(platform):
    answer = platform.client.get(ADMISSION + "?sha256=%00", headers=platform.headers)

    assert problem(answer) == (400, "request-malformed")


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_a_database_that_does_not_answer_allows_nothing(platform, monkeypatch, caplog, fault):
    def down(**_asked):
        raise fault("connection refused")

    monkeypatch.setattr("certification.admission.views.look_up", down)

    answer = platform.ask(ONE)

    assert problem(answer) == (503, "unavailable")
    assert "refused" not in answer.content.decode()
    assert "connection refused" in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(ONE),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["sha256", "serials", "through", "x"]), inner),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=JSON, address=st.sampled_from([ADMISSION, ACKNOWLEDGEMENTS]))
def test_whatever_is_sent_gets_an_answer_the_description_knows(platform, document, address):
    path = address.removeprefix("/api/v1")
    answer = platform.send(document, address)

    described = DOCUMENT["paths"][path]["post"]["responses"]
    assert str(answer.status_code) in described
    if answer.status_code == 200:
        _valid({ADMISSION: "Answers", ACKNOWLEDGEMENTS: "Acknowledged"}[address], answer.json())
    else:
        problem(answer)


def test_answers_are_what_the_description_says(platform):
    states = ("active", "suspended", "revoked", "expired")
    for state in states:
        _valid("Answer", platform.ask(CertificateFactory(demo=False, state=state).sha256).json())
    _valid("Answer", platform.ask(ONE).json())
    recall = RecallFactory()
    _valid("OpenRecalls", platform.open().json())
    _valid("Acknowledged", platform.acknowledge(serials=[recall.certificate.serial]).json())


def test_the_description_is_open_to_everybody_and_names_every_address(client, db):
    described = client.get("/api/v1/openapi.json")

    assert described["Content-Type"] == "application/json"
    paths = json.loads(b"".join(described.streaming_content))["paths"]
    assert {path: sorted(methods) for path, methods in paths.items()} == {
        "/admission": ["get", "post"],
        "/admission/acknowledgements": ["get", "post"],
        "/openapi.json": ["get"],
    }
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
