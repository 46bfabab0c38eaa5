"""Credentials in the files tools keep them in, and what stands there without being one."""

from __future__ import annotations

import base64
import json
import random

import pytest

from plugins.checks.engines.placeholders import holds_a_place, is_example, looks_random
from plugins.checks.engines.settings import in_bytes, in_text, is_secret_key
from tests.plugins.checks.engine_cases import LETTERS, token

PASSWORD = "Tr0ub4dor&3" + "zyx"
BASIC = base64.b64encode(f"bob:{PASSWORD}".encode()).decode()
RANDOM = "".join(random.Random(7).choices(LETTERS, k=40))  # noqa: S311 - no secret


def jwt(claims):
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "HS256"}, claims)
    ]
    return ".".join([*parts, RANDOM])


@pytest.mark.parametrize(
    ("name", "text", "line", "value"),
    [
        (".npmrc", f"a=b\n//npm.acme.io/:_authToken={RANDOM}\n", 2, RANDOM),
        (".npmrc", f"_password={RANDOM}\n", 1, RANDOM),
        (".pypirc", f"[pypi]\nusername = bob\npassword = {PASSWORD}\n", 3, PASSWORD),
        (".netrc", f"machine acme.io login bob password {PASSWORD}\n", 1, PASSWORD),
        ("_netrc", f"machine acme.io\n  login bob\n  password {PASSWORD}\n", 3, PASSWORD),
        (".env", f"A=1\nexport DB_PASSWORD='{PASSWORD}'\n", 2, PASSWORD),
        (".env.production", f"SECRET_KEY={RANDOM}\n", 1, RANDOM),
        (".env.example", f"SECRET_KEY={RANDOM}\n", 1, RANDOM),
        ("config.json", json.dumps({"auths": {"r.acme.io": {"auth": BASIC}}}), 1, PASSWORD),
        ("config", f"kind: Config\nusers:\n- name: a\n  user:\n    password: {PASSWORD}\n", 5, PASSWORD),
        ("config", f"kind: Config\nusers:\n- user:\n    token: {RANDOM}\n", 4, RANDOM),
        ("wp-config.php", f"<?php\ndefine( 'DB_PASSWORD', '{PASSWORD}' );\n", 2, PASSWORD),
        (".htpasswd", "bob:$apr1$r31xyabc$HqJZimcKQFAMYayBlzkr01\n", 1, "$apr1$r31xyabc$HqJZimcKQFAMYayBlzkr01"),
        ("app.json", json.dumps({"apiToken": RANDOM}), 1, RANDOM),
        ("app.yaml", f"a: 1\nclient_secret: {RANDOM}\n", 2, RANDOM),
        ("app.ini", f"[a]\napi_key={RANDOM}\n", 2, RANDOM),
    ],
)  # fmt: skip
def test_a_setting_is_found(name, text, line, value):
    assert [(hit.line, hit.value) for hit in in_text(name, text)] == [(line, value)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".npmrc", "//npm.acme.io/:_authToken=${NPM_TOKEN}\nregistry=https://npm.acme.io/\n"),
        (".pypirc", "[pypi]\nusername = __token__\npassword = <your token>\n"),
        (".env", "API_KEY=YOUR_API_KEY\nTOKEN=xxxxxxxxxxxx\nPASSWORD=changeme\nSECRET=\nTOKEN_URL=https://acme.io/t\n"),
        (".env", "DB_PASSWORD=$OTHER\nSECRET_KEY=replace-me-in-production\nA_TOKEN=my-secret-token\n"),
        (".env.example", f"DB_PASSWORD={PASSWORD}\n"),
        ("package-lock.json", json.dumps({"token": RANDOM})),
        ("app.json", json.dumps({"token": "The token of your account", "password": "Passwort"})),
        ("app.json", json.dumps({"tokenUrl": RANDOM, "integrity": RANDOM, "name": RANDOM, "tokenizer": RANDOM})),
        ("app.json", json.dumps({"secret": "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "token": "arn:aws:a1:Abc123Def45"})),
        ("app.js", f'const x = {{"token": "{RANDOM}"}}'),
        ("readme.txt", f"password {PASSWORD}"),
    ],
)  # fmt: skip
def test_what_holds_a_place_is_none(name, text):
    assert in_text(name, text) == []


def test_keystores_are_known_by_their_first_bytes():
    assert [hit.kind for hit in in_bytes("a.jks", b"\xfe\xed\xfe\xed\0\0\0\2")] == ["keystore"]
    assert [hit.kind for hit in in_bytes("a.p12", b"\x30\x82\x09\x01\x02\x01\x03")] == ["keystore"]
    assert list(in_bytes("a.jks", b"text")) == []
    assert list(in_bytes("a.der", b"\x30\x82\x01\x0a\x02\x82\x01\x01")) == []


@pytest.mark.parametrize(
    "value",
    [
        "YOUR_API_KEY", "xxxxxxxx", "<token>", "${TOKEN}", "{{ token }}", "$TOKEN", "changeme", "your-token-here",
        "AKIAIOSFODNN7" + "EXAMPLE", "password", "my-secret", "...", "0123456789abcdef", "aaaaaaaaaaaa", "os.environ",
        "test_key", "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc", jwt({"some": "payload"}),
        jwt({"sub": "1234567890", "name": "John Doe"}),
    ],
)  # fmt: skip
def test_obvious_placeholders(value):
    assert holds_a_place(value)


@pytest.mark.parametrize("seed", range(300))
def test_no_real_token_is_taken_for_an_example(seed):
    dice = random.Random(seed)  # noqa: S311 - no secret
    uuid = "-".join("".join(dice.choices("0123456789abcdef", k=size)) for size in (8, 4, 4, 4, 12))

    assert not any(map(is_example, (token(seed), uuid, jwt({"sub": str(seed), "iss": "acme"}))))
    assert not holds_a_place(uuid)


def test_a_key_cut_short_for_a_manual_is_an_example():
    assert is_example("-----BEGIN PRIVATE KEY-----\nMIIEvQ...\n-----END PRIVATE KEY-----")
    assert not is_example(f"-----BEGIN PRIVATE KEY-----\n{RANDOM}{RANDOM}\n-----END PRIVATE KEY-----")


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("token", True), ("API_KEY", True), ("apiKey", True), ("clientSecret", True), ("db.password", True),
        ("privateKey", True), ("token_url", False), ("secretName", False), ("tokenizer", False), ("keyboard", False),
        ("primaryKey", False), ("passwordField", False), ("monkey", False),
    ],
)  # fmt: skip
def test_keys_that_name_a_secret(key, secret):
    assert is_secret_key(key) is secret


@pytest.mark.parametrize(
    ("value", "random"),
    [
        (RANDOM, True), ("9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c", True), ("a-rather-long-name-of-a-thing-2", False),
        ("https://acme.io/some/path1234", False), ("bob.builder1234@acme.example", False), ("short1", False),
        ("allletterswithoutdigits", False), ("node_modules/acme/dist/index2.js", False), ("1111111111111111a", False),
    ],
)  # fmt: skip
def test_what_looks_random(value, random):
    assert looks_random(value) is random
