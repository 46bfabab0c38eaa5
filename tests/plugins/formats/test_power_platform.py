import pytest

from governance.vocabulary import Capability

INFO = {
    "title": "Acme Tasks",
    "version": "1.0",
    "description": "Reads and writes the tasks of Acme.",
    "contact": {"email": "ann@example.org"},
}


def rules(package):
    return [problem.rule for problem in package.problems]


@pytest.fixture
def connector(read):
    def build(definition=None, properties=None, **files):
        swagger = {
            "swagger": "2.0",
            "info": {
                "title": "Acme Tasks",
                "version": "1.0",
                "description": "Reads and writes the tasks of Acme.",
                "contact": {"name": "Ann", "email": "ann@example.org"},
            },
            "x-ms-connector-metadata": [
                {"propertyName": name, "propertyValue": "https://example.org"}
                for name in ("Website", "Privacy policy", "Categories")
            ],
            "host": "API.example.org:8443",
            "basePath": "/v1",
            "schemes": ["https"],
        }
        all_properties = {"iconBrandColor": "#114488", "publisher": "Acme", "scriptOperations": ["List"]}
        all_properties |= properties or {}
        return read(
            {
                "apiDefinition.swagger.json": swagger | (definition or {}),
                "apiProperties.json": {"properties": all_properties},
            }
            | files
        )

    return build


def hosts(package):
    return [(egress.host, egress.port) for egress in package.derived.egress]


def test_connector_gives_its_facts(connector):
    package = connector(**{"script.csx": "class Script {}"})

    assert (package.format, package.purl) == ("power-platform-connector", "pkg:generic/acme-tasks@1.0")
    assert (package.metadata.author, package.metadata.contact) == ("Acme", "ann@example.org")
    assert hosts(package) == [("api.example.org", 8443)]
    assert package.entry_points == ("script.csx",)
    assert [file.language for file in package.code_files] == ["csharp"]
    assert package.derived.capabilities == {Capability.NETWORK_OUTBOUND}
    assert package.problems == ()


def test_connector_asks_for_secrets(connector):
    parameters = {
        "api_key": {"type": "securestring"},
        "plain": {"type": "string"},
        "token": {
            "type": "oauthSetting",
            "oAuthSettings": {"customParameters": {"tokenUrl": {"value": "https://login.example.com/token"}}},
        },
    }
    sets = {"values": [{"name": "other", "parameters": {"set_key": {"type": "securestring"}}}]}
    package = connector(properties={"connectionParameters": parameters, "connectionParameterSets": sets})

    assert package.derived.secrets == ("api_key", "token", "set_key")
    assert ("login.example.com", 443) in hosts(package)
    assert Capability.SECRETS_READ in package.derived.capabilities


@pytest.mark.parametrize(
    ("template", "parameters", "expected"),
    [
        ("dynamichosturl", {}, ("*", 0)),
        ("DynamicHostUrl", {}, ("*", 0)),
        ("routerequesttoendpoint", {"newPath": "https://other.example.net/x"}, ("other.example.net", 443)),
        ("setheader", {"value": "https://@connectionParameters('host')/x"}, ("*", 0)),
    ],
)
def test_connector_policies_widen_egress(connector, template, parameters, expected):
    package = connector(properties={"policyTemplateInstances": [{"templateId": template, "parameters": parameters}]})

    assert expected in hosts(package)


@pytest.mark.parametrize(
    ("definition", "properties", "expected"),
    [
        ({"host": None}, {}, ["swagger-host"]),
        ({"host": "https://x/y"}, {}, ["swagger-host"]),
        ({"swagger": "3.0"}, {}, ["swagger-version"]),
        ({"schemes": ["http"]}, {}, ["swagger-plain-http"]),
        ({}, {"iconBrandColor": ""}, ["connector-brand-colour"]),
        ({}, {"iconBrandColor": "#007EE5"}, ["connector-brand-colour"]),
        ({}, {"iconBrandColor": "blue"}, ["connector-brand-colour"]),
        ({"x-ms-connector-metadata": []}, {}, ["connector-metadata"]),
        ({"info": INFO | {"title": "Acme API"}}, {}, ["connector-title"]),
        ({"info": INFO | {"title": "Connector of Acme"}}, {}, ["connector-title"]),
        ({"info": INFO | {"title": "Capitals"}}, {}, []),
        ({"info": INFO | {"description": "Short."}}, {}, ["connector-description"]),
        ({"info": INFO | {"description": "x" * 501}}, {}, ["connector-description"]),
        ({"info": INFO | {"contact": {"name": "Ann"}}}, {}, ["connector-contact"]),
    ],
)
def test_connector_faults_are_problems(connector, definition, properties, expected):
    assert rules(connector(definition, properties)) == expected


def test_a_script_without_operations_runs_on_all_of_them_and_says_so(connector):
    package = connector(properties={"scriptOperations": []}, **{"script.csx": "class Script {}"})

    assert rules(package) == ["connector-script-everywhere"]


def test_connector_says_how_it_signs_in(connector):
    package = connector(
        {"securityDefinitions": {"key": {"type": "apiKey"}}},
        {"capabilities": ["actions"], "policyTemplateInstances": 7},
    )

    assert package.derived.says == ("Signs in by: apiKey.", "Offers: actions.")
