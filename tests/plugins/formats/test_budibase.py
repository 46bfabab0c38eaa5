"""Budibase plugins: recognised by their schema, judged as Budibase judges an upload."""

import json

import pytest

from governance.vocabulary import Capability

NPM = {"name": "acme-source", "version": "1.0.2", "license": "MIT"}
DATASOURCE = {
    "type": "datasource",
    "metadata": {},
    "version": "1.0.2",
    "schema": {
        "friendlyName": "Acme",
        "type": "API",
        "description": "Reads Acme",
        "datasource": {
            "url": {"type": "string", "required": True, "default": "https://api.acme.example"},
            "token": {"type": "password", "required": True},
        },
        "query": {"read": {"type": "fields", "fields": {}}},
    },
}
COMPONENT = {"type": "component", "metadata": {"svelteMajor": 5}, "schema": {"name": "acme", "settings": []}}
STEP = {"inputs": {"properties": {}}, "outputs": {"properties": {}}}
AUTOMATION = {
    "type": "automation",
    "metadata": {},
    "schema": {
        **dict.fromkeys(("name", "tagline", "icon", "description"), "Acme"),
        "type": "ACTION",
        "stepId": "acme",
        "schema": STEP,
    },
}


@pytest.fixture
def plugin(read):
    def build(schema, **files):
        everything = {"package.json": NPM, "schema.json": json.dumps(schema, indent=1), "plugin.min.js": "1"} | files
        return read({path: content for path, content in everything.items() if content is not None})

    return build


def schema(base, **changes):
    return base | {"schema": base["schema"] | changes}


@pytest.mark.parametrize("stated", [DATASOURCE, COMPONENT, AUTOMATION])
def test_each_kind_of_plugin_is_read_without_a_problem(plugin, stated):
    package = plugin(stated)

    assert (package.format, package.purl) == ("budibase-plugin", "pkg:npm/acme-source@1.0.2")
    assert (package.entry_points, package.problems) == (("plugin.min.js",), ())


def test_a_datasource_tells_its_secrets_hosts_and_where_it_runs(plugin):
    derived = plugin(DATASOURCE).derived

    assert derived.secrets == ("token",)
    assert [(host.host, host.port) for host in derived.egress] == [("api.acme.example", 443)]
    assert derived.capabilities == {Capability.SECRETS_READ, Capability.NETWORK_OUTBOUND}
    assert derived.says[0].startswith("Runs in Budibase's server")
    assert plugin(COMPONENT).derived.says[0].startswith("Runs in the browser")


def test_a_database_source_accesses_a_database(plugin):
    assert Capability.DATABASE_ACCESS in plugin(schema(DATASOURCE, type="Relational")).derived.capabilities


@pytest.mark.parametrize(
    ("stated", "rule"),
    [
        (COMPONENT | {"metadata": {}}, "budibase-svelte"),
        (schema(COMPONENT, settings={}), "budibase-component-field"),
        (schema(DATASOURCE, friendlyName=""), "budibase-datasource-field"),
        (schema(DATASOURCE, type="Oracle"), "budibase-datasource-type"),
        (schema(DATASOURCE, datasource={"x": {"type": "string"}}), "budibase-datasource-field"),
        (schema(DATASOURCE, datasource={"x": {"type": "password", "required": True, "default": "hunter"}}),
         "budibase-password-default"),
        (schema(DATASOURCE, query={"read": {}}), "budibase-query"),
        (schema(AUTOMATION, stepId="SEND_EMAIL_SMTP"), "budibase-step-id"),
        (schema(AUTOMATION, type="TRIGGER"), "budibase-step-type"),
        (schema(AUTOMATION, schema={"inputs": {}}), "budibase-step-schema"),
        (DATASOURCE | {"metadata": None}, "budibase-metadata"),
        (DATASOURCE | {"extra": 1}, "budibase-unknown-key"),
        (DATASOURCE | {"version": "9.9.9"}, "identity-mismatch"),
    ],
)  # fmt: skip
def test_what_budibase_would_refuse_is_a_problem_with_its_line(plugin, stated, rule):
    package = plugin(stated)

    assert [(problem.rule, problem.path) for problem in package.problems] == [(rule, "schema.json")]
    assert package.problems[0].line > 0


def test_a_plugin_without_its_code_says_so(plugin):
    package = plugin(DATASOURCE, **{"plugin.min.js": None, "lib.js": "1"})

    assert [problem.rule for problem in package.problems] == ["entry-point-missing"]


@pytest.mark.parametrize("stated", [{"type": "object", "properties": {}}, {"type": "component"}, "{", [1]])
def test_another_schema_makes_no_budibase_plugin(plugin, stated):
    assert plugin(stated).format == "generic"


def test_a_plugin_without_package_json_is_refused(refused):
    assert refused({"schema.json": DATASOURCE, "plugin.min.js": "1"})[0] == "manifest-missing"
