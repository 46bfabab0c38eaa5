"""A declaration to begin with: it fits the schema, keeps the owner's words and adds what was seen."""

from plugins.declaration import parse_declaration
from plugins.prefill import SCHEMA, prefilled

REPORT = {
    "capabilities": [
        {"id": "env.read", "derived": False, "static": True, "dynamic": None},
        {"id": "network.outbound", "derived": False, "static": False, "dynamic": True},
        {"id": "code.dynamic", "derived": False, "static": False, "dynamic": False},
    ],
    "egress": [
        {"host": "api.acme.example", "port": 443, "undeclared": True},
        {"host": "known.acme.example", "port": None, "undeclared": False},
        {"host": "*", "port": None, "undeclared": True},
        {"host": "not a host", "port": None, "undeclared": True},
    ],
    "env": [{"name": "ACME_URL", "static": True}, {"name": "OLD", "static": False}],
    "manifest": {"says": ["x"], "secrets": ["acmeApi", "otherApi", "x" * 101], "local_only": ""},
}


def test_without_a_declaration_it_says_what_was_seen():
    made = prefilled(None, REPORT)

    assert made == {
        "$schema": SCHEMA,
        "capabilities": ["env.read", "network.outbound"],
        "egress": [{"host": "api.acme.example", "port": 443}],
        "secrets": ["acmeApi", "otherApi"],
        "env": ["ACME_URL"],
    }
    assert next(iter(made)) == "$schema"
    parse_declaration(made)


def test_the_owners_words_stay_and_are_not_repeated():
    own = {
        "capabilities": ["messaging.send"],
        "egress": [{"host": "known.acme.example", "purpose": "mail"}],
        "secrets": ["AcmeAPI"],
        "env": ["MINE"],
        "failure_mode": "stops",
        "data_flows": [{"category": "c", "purpose": "p"}],
    }

    made = prefilled(own, REPORT)

    assert made["failure_mode"] == "stops"
    assert made["data_flows"] == own["data_flows"]
    assert made["egress"][0] == {"host": "known.acme.example", "purpose": "mail"}
    assert made["secrets"] == ["AcmeAPI", "otherApi"]
    assert made["env"] == ["ACME_URL", "MINE"]
    assert made["capabilities"] == ["env.read", "messaging.send", "network.outbound"]
    parse_declaration(made)


def test_a_flood_fits_the_schema_all_the_same():
    report = {"egress": [{"host": f"h{n}.example", "undeclared": True} for n in range(600)]}

    assert len(parse_declaration(prefilled(None, report)).egress) == 500


def test_an_older_report_is_no_obstacle():
    assert prefilled(None, {})["capabilities"] == []
