import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.formats import FORMATS, PackageRefused

NODE_RED = {"name": "node-red-contrib-x", "version": "1.0.0", "node-red": {"nodes": {"x": "x.js"}}}
SWAGGER = {"swagger": "2.0", "host": "api.example.org", "info": {"title": "Acme", "version": "1.0"}}
PKG_INFO = "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n"
NPM = {"name": "acme", "version": "1.0.0"}


def rules(package):
    return [problem.rule for problem in package.problems]


def test_registry_lists_the_formats_of_the_design():
    assert [each.name for each in FORMATS] == [
        "n8n-node",
        "node-red-node",
        "budibase-plugin",
        "power-platform-connector",
        "wordpress-plugin",
        "home-assistant-integration",
        "superset-extension",
        "baserow-plugin",
        "netbox-plugin",
        "nautobot-app",
        "airflow-provider",
        "django-app",
        "python-package",
        "generic",
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"package.json": NODE_RED, "x.js": ""}, "node-red-node"),
        ({"package.json": NPM, "x.js": ""}, "generic"),
        ({"package.json": {"name": "n8n-nodes-x", "version": "1.0.0"}, "x.js": ""}, "n8n-node"),
        ({"package.json": NPM | {"keywords": ["node-red"]}, "x.js": ""}, "generic"),
        ({"PKG-INFO": PKG_INFO, "acme.py": "", "package.json": NPM}, "python-package"),
        (
            {"pyproject.toml": '[project]\nname="a"\nversion="1"', "a.py": "", "package.json": {"private": True}},
            "python-package",
        ),
        (
            {"apiDefinition.swagger.json": SWAGGER, "apiProperties.json": {}, "package.json": NPM},
            "power-platform-connector",
        ),
        ({"pyproject.toml": "[tool.ruff]", "package.json": NPM}, "generic"),
    ],
)
def test_the_most_specific_format_wins(read, files, expected):
    assert read(files).format == expected


@pytest.mark.parametrize(
    ("files", "both"),
    [
        ({"package.json": NODE_RED | {"n8n": {}}, "x.js": ""}, ("n8n-node", "node-red-node")),
        ({"package.json": NODE_RED, "apiProperties.json": {}}, ("node-red-node", "power-platform-connector")),
        ({"package.json": NODE_RED, "PKG-INFO": PKG_INFO, "a.py": ""}, ("node-red-node", "python-package")),
        ({"package.json": NPM, "setup.py": ""}, ("python-package", "generic")),
    ],
)
def test_two_equally_specific_formats_are_refused_by_name(refused, files, both):
    code, message = refused(files)

    assert code == "ambiguous-format"
    assert all(name in message for name in both)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"a-1.dist-info/METADATA": PKG_INFO, "b-1.dist-info/METADATA": PKG_INFO}, "duplicate-manifest"),
        ({"a-1.dist-info/METADATA": PKG_INFO, "PKG-INFO": PKG_INFO}, "duplicate-manifest"),
        ({"package.json": '{"name": "a", "name": "b", "version": "1.0.0"}'}, "duplicate-key"),
        ({"PKG-INFO": PKG_INFO + "Name: other\n", "a.py": ""}, "duplicate-key"),
        ({"package.json": "{"}, "broken-json"),
        ({"package.json": ""}, "broken-json"),
        ({"package.json": "[]"}, "manifest-wrong-type"),
        ({"package.json": "null"}, "manifest-wrong-type"),
        ({"package.json": "[" * 100_000}, "broken-json"),
        ({"package.json": '{"a":' * 500 + "1" + "}" * 500}, "broken-json"),
        ({"package.json": '{"a": NaN}'}, "broken-json"),
        ({"package.json": '{"a": 1e999}'}, "broken-json"),
        ({"package.json": '{"a": ' + "9" * 10_000 + "}"}, "broken-json"),
        ({"package.json": '{"name": "\\ud800"}'}, "broken-text"),
        ({"package.json": '{"description": "a\\u0000b"}'}, "broken-text"),
        ({"package.json": b'{"name": "\xff"}'}, "not-utf-8"),
        ({"package.json": '{"name": "a"}'.encode("utf-16")}, "not-utf-8"),
        ({"package.json": b" " * 5_000_000}, "manifest-too-large"),
        ({"PKG-INFO": PKG_INFO, "a.py": "", "pyproject.toml": "[project"}, "broken-toml"),
        ({"PKG-INFO": PKG_INFO, "a.py": "", "pyproject.toml": "a = " + "[" * 10_000}, "broken-toml"),
        ({"PKG-INFO": PKG_INFO, "a.py": "", "pyproject.toml": "a = 1\na = 2"}, "broken-toml"),
        ({"apiDefinition.swagger.json": "{"}, "broken-json"),
        ({"apiProperties.json": {}}, "manifest-missing"),
        ({"plugin-governance.json": "not json"}, "broken-json"),
        ({"package.json": NPM, "plugin-governance.json": "{,}"}, "broken-json"),
        ({"README": "hello"}, "no-identity"),
    ],
)
def test_manifests_that_cannot_be_read_are_refused(refused, files, code):
    assert refused(files)[0] == code


BAD_NAMES = ["<script>", "../../x", "a b", "", "a\n", "a/b/c", ".hidden", "é", "x" * 300, 7, None, ["a"], {"a": 1}]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_no_package_may_have_are_refused(refused, n8n, name):
    assert refused(n8n(name=name))[0] in {"invalid-name", "name-missing"}


BAD_VERSIONS = [
    "latest",
    "1.0",
    "1.0.0.0",
    "v1.0.0",
    "01.0.0",
    "1.0.0-",
    "<b>",
    "",
    "1.0.0\n",
    "9" * 300 + ".0.0",
    1,
    None,
    [],
]


@pytest.mark.parametrize("version", BAD_VERSIONS)
def test_versions_that_are_none_are_refused(refused, n8n, version):
    assert refused(n8n(version=version))[0] in {"invalid-version", "version-missing"}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("Name", "<script>", "invalid-name"),
        ("Name", "../../x", "invalid-name"),
        ("Name", "-a", "invalid-name"),
        ("Version", "latest", "invalid-version"),
        ("Version", "1.0.0 or so", "invalid-version"),
        ("Version", "", "version-missing"),
    ],
)
def test_python_identity_is_checked(refused, field, value, code):
    fields = {"Metadata-Version": "2.1", "Name": "acme", "Version": "1.0"} | {field: value}

    assert refused({"PKG-INFO": "".join(f"{k}: {v}\n" for k, v in fields.items()), "a.py": ""})[0] == code


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", "../../x", "!!!", "", None])
def test_connector_titles_are_checked(refused, title):
    info = {"title": title, "version": "1.0"}

    assert refused({"apiDefinition.swagger.json": SWAGGER | {"info": info}})[0] in {"invalid-name", "name-missing"}


@pytest.mark.parametrize("version", ["latest", "1 <b>", None, 1.0])
def test_connector_versions_are_checked(refused, version):
    info = {"title": "Acme", "version": version}

    assert refused({"apiDefinition.swagger.json": SWAGGER | {"info": info}})[0] in {
        "invalid-version",
        "version-missing",
    }


@pytest.mark.parametrize("files", [{"package.json": NODE_RED}, {"PKG-INFO": PKG_INFO}])
def test_a_format_that_needs_code_is_refused_without(refused, files):
    assert refused(files)[0] == "no-code"


def test_an_archive_without_manifest_takes_its_identity_from_the_declaration(read):
    package = read({"plugin-governance.json": {"plugin": {"name": "acme-forms", "version": "2.1.0"}}, "a.php": "<?php"})

    assert (package.format, package.purl) == ("generic", "pkg:generic/acme-forms@2.1.0")
    assert package.declaration is not None


@pytest.mark.parametrize(
    ("filename", "purl"),
    [
        ("acme-forms-2.1.0.zip", "pkg:generic/acme-forms@2.1.0"),
        ("acme_v1.4.tar.gz", "pkg:generic/acme@1.4"),
        ("acme-1.0.0-rc.1.zip", "pkg:generic/acme@1.0.0-rc.1"),
    ],
)
def test_an_archive_without_manifest_takes_its_identity_from_its_name(read, filename, purl):
    assert read({"a.txt": ""}, filename=filename).purl == purl


@pytest.mark.parametrize(
    "filename", ["acme.zip", "<script>-1.0.0.zip", "../x-1.0.0.zip", "", "-1.0.0.zip", "1.0.0.zip"]
)
def test_a_name_that_tells_nothing_is_refused(refused, filename):
    assert refused({"a.txt": ""}, filename=filename)[0] == "no-identity"


def test_a_declaration_for_another_version_is_a_problem(read, n8n):
    declared = {"plugin-governance.json": {"plugin": {"name": "n8n-nodes-acme", "version": "9.9.9"}}}

    assert rules(read(n8n() | declared))[1:] == ["identity-mismatch"]


TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NPM_KEYS = [
    *("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "scripts", "n8n", "node-red"),
    *("bin", "exports", "main", "browser", "author", "bugs", "repository", "license", "licenses", "keywords"),
]
SWAGGER_KEYS = ["host", "schemes", "basePath", "info", "securityDefinitions", "x-ms-connector-metadata"]
PROPERTY_KEYS = ["connectionParameters", "connectionParameterSets", "policyTemplateInstances", "publisher"]


def objects(keys):
    return st.dictionaries(st.sampled_from(keys), JSON, max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=objects(NPM_KEYS))
def test_no_value_of_any_type_breaks_the_npm_readers(read, data):
    lock = {"packages": data, "dependencies": data.get("n8n")}
    files = {"package.json": json.dumps(NPM | data), "package-lock.json": json.dumps(lock), "a.js": "1"}
    try:
        package = read(files)
    except PackageRefused as refusal:
        assert refusal.code == "ambiguous-format"  # noqa: PT017
    else:
        assert all(one.purl for one in package.dependencies)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=objects(SWAGGER_KEYS), properties=objects(PROPERTY_KEYS))
def test_no_value_of_any_type_breaks_the_connector_reader(read, data, properties):
    files = {"apiDefinition.swagger.json": SWAGGER | data, "apiProperties.json": {"properties": properties}}
    try:
        read(files)
    except PackageRefused as refusal:
        assert refusal.code in {"name-missing", "version-missing", "invalid-version", "invalid-name"}  # noqa: PT017


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(metadata=st.binary(max_size=80), table=TEXT, listed=st.text(max_size=60))
def test_no_bytes_break_the_python_reader(read, metadata, table, listed):
    raw = listed.encode("utf-8", "replace")
    files = {"PKG-INFO": PKG_INFO.encode() + metadata, "a.py": "", "requirements.txt": raw, "setup.cfg": table}
    try:
        read(files)
    except PackageRefused as refusal:
        assert refusal.code in {"duplicate-key", "invalid-version"}  # noqa: PT017 - a line more may go on with Version


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": NPM | {"dependencies": {f"p{n}": "1.0.0" for n in range(10_001)}}},
        {"PKG-INFO": PKG_INFO + "Requires-Dist: x\n" * 10_001, "a.py": ""},
        {"PKG-INFO": PKG_INFO, "a.py": "", "requirements.txt": "x\n" * 10_001},
    ],
)
def test_a_flood_of_dependencies_is_refused(refused, files):
    assert refused(files)[0] == "too-many-dependencies"


def test_a_flood_of_problems_is_cut_aloud(read):
    package = read({"package.json": NPM | {"exports": {f"./{n}": f"./{n}.js" for n in range(1500)}}})

    assert len(package.problems) == 501
    assert (rules(package)[0], rules(package)[-1]) == ("entry-point-missing", "problems-left-out")


def test_quadratic_tables_are_refused_quickly(refused):
    dotted = {"PKG-INFO": PKG_INFO, "a.py": "", "pyproject.toml": "a." * 100_000 + "b = 1"}

    assert refused(dotted)[0] == "broken-toml"
