"""Kinds of Python packages, told by syntax alone: none of their code is run, and hostile code costs little."""

import pytest

from governance.vocabulary import Capability

CORE = "Metadata-Version: 2.1\nName: acme-plugin\nVersion: 1.0\n"
DJANGO = CORE + "Classifier: Framework :: Django :: 5.0\n"


def sdist(core=CORE, **files):
    return {
        "PKG-INFO": core,
        "acme_plugin/__init__.py": "",
        **{path.replace("__", "/"): c for path, c in files.items()},
    }


def package(init, core=CORE, **files):
    return sdist(core) | {"acme_plugin/__init__.py": init} | files


BODY = "    name = 'acme_plugin'\n    verbose_name = 'A'\n    description = 'd'\n    min_version = '4.0.0'\n"
NETBOX = f"from netbox.plugins import PluginConfig\nclass C(PluginConfig):\n{BODY}config = C\n"


@pytest.mark.parametrize(
    "init",
    [
        NETBOX,
        NETBOX.replace("netbox.plugins", "extras.plugins"),
        NETBOX.replace("import PluginConfig", "import PluginConfig as P").replace("(PluginConfig)", "(P)"),
        NETBOX.replace("from netbox.plugins import PluginConfig", "import netbox.plugins as np").replace(
            "(PluginConfig)", "(np.PluginConfig)"
        ),
        NETBOX.replace(
            "from netbox.plugins import PluginConfig",
            "try:\n    from netbox.plugins import PluginConfig\nexcept ImportError:\n"
            "    from extras.plugins import PluginConfig",
        ),
        NETBOX.replace("class C(", "class B(").replace("config = C", "class C(B):\n    pass\nconfig = C"),
        NETBOX.replace("config = C", "config: type = C"),
    ],
)
def test_a_netbox_plugin_is_found_through_aliases_and_bases(read, init):
    assert read(package(init)).format == "netbox-plugin"


@pytest.mark.parametrize(
    "init",
    [
        "from .settings import C as config",
        "from acme_plugin.settings import C\nconfig = C",
        "from .settings import *\nconfig = C",
    ],
)
def test_a_configuration_class_in_another_module_is_followed(read, init):
    settings = NETBOX.replace("config = C\n", "")

    assert read(package(init, **{"acme_plugin/settings.py": settings})).format == "netbox-plugin"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("nautobot.apps", "NautobotAppConfig"),
        ("nautobot.extras.plugins", "PluginConfig"),
        ("nautobot.extras.plugins", "NautobotAppConfig"),
    ],
)
def test_a_nautobot_app_is_no_netbox_plugin(read, module, name):
    init = NETBOX.replace("netbox.plugins", module).replace("PluginConfig", name)

    assert read(package(init)).format == "nautobot-app"


@pytest.mark.parametrize(
    "init",
    [
        "class PluginConfig: pass\nclass C(PluginConfig): pass\nconfig = C",
        "from netbox.plugins import PluginConfig\nclass C(PluginConfig): pass",
        "config = C",
        "config = config",
        "from . import config",
        "from .a import config",
        "config = (",
        "config = " + "(" * 5000,
        "config = " + "-" * 100_000 + "1",
        "config = x" + "[0]" * 60_000,
        "config = '\\d'\n" + "x = 1\n" * 60_000,
        "config = 1\x00",
    ],
)
def test_what_only_looks_like_one_is_a_python_package(read, init):
    assert read(package(init, **{"acme_plugin/a.py": "from .a import config"})).format == "python-package"


def test_a_netbox_plugin_tells_what_its_class_states(read):
    init = NETBOX.replace("    min_version = '4.0.0'\n", "").replace(
        "config = C",
        "    version = '9'\n    base_url = 'acme'\n    queues = ['slow']\n    middleware = ['acme_plugin.mw.Every']\n"
        "    required_settings = ['api_token']\n    default_settings = {'colour': compute()}\nconfig = C",
    )
    found = read(package(init, **{"acme_plugin/mw.py": "1"}))

    assert found.derived.secrets == ("api_token",)
    assert found.derived.capabilities == {
        Capability.DATABASE_ACCESS,
        Capability.SECRETS_READ,
        Capability.PROCESS_SCHEDULE,
    }
    assert "Adds pages below /plugins/acme/." in found.derived.says
    assert "Takes the settings: api_token, colour." in found.derived.says
    assert "acme_plugin/mw.py" in found.entry_points
    assert [(problem.rule, problem.line) for problem in found.problems] == [
        ("plugin-config-versions", 2),
        ("identity-mismatch", 2),
    ]


def test_the_most_specific_of_nested_kinds_wins(read):
    assert read(package(NETBOX, DJANGO)).format == "netbox-plugin"
    assert read(package("", DJANGO)).format == "django-app"


APPS = """from django.apps import AppConfig
class A(AppConfig):
    name = 'gone'
class B(AppConfig):
    pass
"""
PROVIDER = """
def get_provider_info():
    return {
        "package-name": "acme-plugin",
        "name": "Acme",
        "description": "d",
        "connection-types": [{"connection-type": "acme", "hook-class-name": "acme_plugin.hooks.AcmeHook"}],
        "versions": [__version__],
    }
"""
GROUP = {"pyproject.toml": "[project]\nname='acme-plugin'\n[project.entry-points.apache_airflow_provider]\np='x'"}


@pytest.mark.parametrize(
    ("core", "files"),
    [
        (CORE, {"acme_plugin/__init__.py": PROVIDER}),
        (CORE, {"acme_plugin/get_provider_info.py": PROVIDER}),
        (CORE, GROUP),
        (CORE + "Classifier: Framework :: Apache Airflow :: Provider\n", {}),
    ],
)
def test_an_airflow_provider_is_found_by_any_of_its_signs(read, core, files):
    assert read(sdist(core) | files).format == "airflow-provider"


def test_an_airflow_provider_tells_its_connections(read):
    found = read(package(PROVIDER, **{"acme_plugin/hooks.py": "1"}) | GROUP)

    assert found.derived.secrets == ("connection acme",)
    assert found.derived.capabilities == {Capability.SECRETS_READ, Capability.NETWORK_OUTBOUND}
    assert "acme_plugin/hooks.py" in found.entry_points
    assert found.problems == ()


@pytest.mark.parametrize(
    ("init", "rules"),
    [
        (PROVIDER, ["airflow-entry-point-missing"]),
        (PROVIDER.replace("acme-plugin", "other"), ["identity-mismatch", "airflow-entry-point-missing"]),
        (PROVIDER.replace('"name": "Acme",', ""), ["airflow-info-field", "airflow-entry-point-missing"]),
        ("def get_provider_info():\n    return build()", ["airflow-info-field"] * 3 + ["airflow-entry-point-missing"]),
    ],
)
def test_what_a_provider_leaves_out_is_a_problem(read, init, rules):
    assert [problem.rule for problem in read(package(init)).problems] == rules


@pytest.mark.parametrize(
    ("core", "files"),
    [
        (DJANGO, {}),
        (CORE + "Classifier: Framework :: Wagtail\n", {}),
        (CORE, {"acme_plugin/wagtail_hooks.py": "1"}),
        (
            CORE,
            {"acme_plugin/apps.py": "from django.apps import AppConfig\nclass A(AppConfig):\n    name='acme_plugin'"},
        ),
    ],
)
def test_a_django_app_is_found_by_any_of_its_signs(read, core, files):
    assert read(sdist(core) | files).format == "django-app"


def test_a_django_app_tells_apps_hooks_and_migrations(read):
    files = {
        "acme_plugin/apps.py": APPS,
        "acme_plugin/wagtail_hooks.py": "@hooks.register('register_admin_urls')\ndef x(): pass",
        "acme_plugin/migrations/0001_initial.py": "1",
    }
    found = read(sdist() | files)

    assert found.derived.says == (
        "Is installed as the apps: gone.",
        "Registers Wagtail hooks: register_admin_urls.",
        "Brings database migrations.",
    )
    assert found.derived.capabilities == {Capability.DATABASE_ACCESS}
    assert [problem.rule for problem in found.problems] == ["django-app-name", "django-app-name"]


def test_a_provider_that_is_a_django_app_too_is_refused(refused):
    code, message = refused(package(PROVIDER, DJANGO))

    assert code == "ambiguous-format"
    assert "airflow-provider" in message
    assert "django-app" in message


def test_source_that_is_too_large_tells_nothing_instead_of_being_parsed(read):
    assert read(package(NETBOX + "#" * 300_000)).format == "python-package"
