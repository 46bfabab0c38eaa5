import json

import pytest
from jsonschema import Draft202012Validator

from governance.vocabulary import Capability
from plugins.declaration import SCHEMA_PATH, DeclarationInvalid, parse_declaration, read_declaration
from plugins.documents import PackageRefused
from plugins.package import DataFlow, Declaration, EgressHost, FailureMode, Scenario, SourceFile

SCHEMA = json.loads(SCHEMA_PATH.read_text("utf-8"))


@pytest.fixture
def read(tmp_path):
    def read_files(**files):
        found = []
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            found.append(SourceFile(path, len(text), ""))
        return read_declaration(tmp_path, tuple(found))

    return read_files


def test_schema_is_a_schema_and_its_examples_fit():
    Draft202012Validator.check_schema(SCHEMA)
    for example in SCHEMA["examples"]:
        assert parse_declaration(example).raw == example


def test_schema_knows_exactly_the_capabilities_of_the_vocabulary():
    assert SCHEMA["properties"]["capabilities"]["items"]["enum"] == [capability.value for capability in Capability]


def test_schema_is_closed_and_described_everywhere():
    def walk(schema, place):
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False, place
            for key, value in schema["properties"].items():
                assert value["description"], (*place, key)
                walk(value, (*place, key))
        elif schema.get("type") == "array":
            walk(schema["items"], place)

    walk(SCHEMA, ())


def test_declaration_becomes_plain_facts():
    declared = parse_declaration(
        {
            "capabilities": ["network.outbound"],
            "egress": [{"host": "API.Example.org", "port": 443, "purpose": "p", "data_classes": ["d"]}],
            "secrets": ["acmeApi"],
            "data_flows": [
                {"category": "c", "purpose": "p", "lawful_basis": "consent", "retention": "r", "recipients": ["x"]}
            ],
            "support": {"until": "2030-01-31", "contact": "a@example.org"},
            "update_cadence": "monthly",
            "rollback_version": "1.0.0",
            "failure_mode": "stops",
            "failure_modes": [{"cause": "no answer", "behaviour": "gives up"}],
            "env": ["ACME_TIMEOUT"],
            "scenarios": [{"name": "n", "steps": ["s"], "expected": "e"}],
            "test_command": "npm test",
            "coverage_report": "lcov.info",
            "test_evidence": "t.xml",
            "test_coverage": 80,
            "load_evidence": "l.md",
            "reproducible_build": "npm ci",
        }
    )

    assert declared == Declaration(
        capabilities=frozenset({Capability.NETWORK_OUTBOUND}),
        egress=(EgressHost("api.example.org", 443, "p", ("d",)),),
        secrets=("acmeApi",),
        data_flows=(DataFlow("c", "p", "consent", "r", ("x",)),),
        support_until="2030-01-31",
        support_contact="a@example.org",
        update_cadence="monthly",
        rollback_version="1.0.0",
        failure_mode="stops",
        failure_modes=(FailureMode("no answer", "gives up"),),
        env=("ACME_TIMEOUT",),
        scenarios=(Scenario("n", ("s",), "e"),),
        test_command="npm test",
        coverage_report="lcov.info",
        test_evidence="t.xml",
        test_coverage=80.0,
        load_evidence="l.md",
        reproducible_build="npm ci",
        raw=declared.raw,
    )


def test_failure_modes_alone_say_what_happens_on_failure():
    declared = parse_declaration({"failure_modes": [{"cause": "No answer", "behaviour": "gives up."}]})

    assert declared.failure_mode == "No answer: gives up."


@pytest.mark.parametrize("host", ["api.example.org", "*", "*.example.org", "localhost", "192.0.2.1", "[2001:db8::1]"])
def test_hosts_of_every_kind_are_taken(host):
    assert parse_declaration({"egress": [{"host": host}]}).egress[0].host == host.strip("[]")


@pytest.mark.parametrize(
    "data",
    [
        [],
        None,
        "text",
        {"unknown": 1},
        {"capabilities": ["network.everything"]},
        {"capabilities": "network.outbound"},
        {"egress": [{"host": "https://example.org/x"}]},
        {"egress": [{"host": "a b"}]},
        {"egress": [{"host": "*.*.org"}]},
        {"egress": [{"port": 443}]},
        {"egress": [{"host": "x", "port": 70_000}]},
        {"support": {"until": "soon"}},
        {"support": {"until": "2030-02-31"}},
        {"support": {"until": "20300131"}},
        {"test_coverage": 101},
        {"env": ["NOT A NAME"]},
        {"scenarios": [{"name": "n"}]},
        {"failure_modes": ["stops"]},
        {"test_coverage": "80"},
        {"data_flows": [{"category": "c"}]},
        {"plugin": {"name": "<script>", "version": "1"}},
    ],
)
def test_what_does_not_fit_is_invalid_and_says_why(data):
    with pytest.raises(DeclarationInvalid) as caught:
        parse_declaration(data)

    assert len(caught.value.messages) == 1
    assert caught.value.messages[0].endswith((".", "…"))


def test_no_declaration_is_none(read):
    assert read(**{"a.txt": "", "deep/plugin-governance.json": "{}"}) == (None, ())


def test_declaration_is_found_in_a_wheel(read):
    declared, problems = read(**{"a-1.dist-info/plugin-governance.json": '{"secrets": ["x"]}'})

    assert (declared.secrets, problems) == (("x",), ())


def test_broken_declaration_is_a_problem_with_its_line(read):
    declared, problems = read(**{"plugin-governance.json": '{\n"secrets": ["x"],\n"test_coverage": 200\n}'})

    assert declared is None
    assert [(problem.rule, problem.path, problem.line) for problem in problems] == [
        ("declaration-invalid", "plugin-governance.json", 3)
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no json", "broken-json"),
        ('{"secrets": [], "secrets": []}', "duplicate-key"),
        (" " * 300_000, "manifest-too-large"),
    ],
)
def test_declaration_that_is_no_json_is_refused(read, text, code):
    with pytest.raises(PackageRefused) as caught:
        read(**{"plugin-governance.json": text})

    assert caught.value.code == code


def test_two_declarations_are_refused(read):
    with pytest.raises(PackageRefused) as caught:
        read(**{"plugin-governance.json": "{}", "a-1.dist-info/plugin-governance.json": "{}"})

    assert caught.value.code == "duplicate-manifest"


def test_a_flood_of_faults_is_cut():
    with pytest.raises(DeclarationInvalid) as caught:
        parse_declaration({"capabilities": ["x"] * 10_000})

    assert len(caught.value.messages) == 20
