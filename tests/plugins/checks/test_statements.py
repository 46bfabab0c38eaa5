"""Secrets, variables and locality: what owner, manifest and code say of them has to agree."""

import pytest

from governance.vocabulary import CheckStatus
from plugins.capabilities import compare_results
from plugins.checks.statements import judge
from plugins.package import Derived
from tests.plugins import cases


def found(package, *observations, dynamic=()):
    static = cases.result("static", observations=(*cases.OBSERVED, *observations))
    behaviour = cases.result("behaviour", observations=dynamic)
    results = cases.with_result(cases.with_result(cases.clean_results(), static), behaviour)
    return [
        (item.rule, item.severity.value, item.symbol, item.path, item.line)
        for item in judge(package, compare_results(package, results))
    ]


def declared(**changes):
    return cases.package(declaration=cases.declaration(**changes))


READ = cases.seen("capability", "env.read", snippet="process.env.ACME_URL")


def test_what_agrees_is_no_finding():
    package = cases.package(declaration=cases.declaration(env=("ACME_URL",)), derived=Derived(secrets=("Acme_API",)))

    assert found(package, READ) == []


def test_a_secret_of_the_manifest_has_to_be_declared():
    package = cases.package(derived=Derived(secrets=("acmeApi", "otherApi")))

    assert found(package) == [("secret-undeclared", "low", "otherApi", "package.json", 0)]


def test_a_variable_that_is_read_has_to_be_declared():
    assert found(declared(), READ) == [("env-undeclared", "low", "ACME_URL", cases.NODE, 3)]


def test_a_variable_that_nobody_reads_need_not_be_declared():
    assert found(declared(env=("HOME",))) == [("env-unused", "info", "HOME", "plugin-governance.json", 0)]


def test_code_that_could_not_be_read_whole_proves_no_variable_unused():
    package = declared(env=("HOME",))
    broken = cases.result("static", CheckStatus.INCONCLUSIVE)

    comparison = compare_results(package, cases.with_result(cases.clean_results(), broken))

    assert list(judge(package, comparison)) == []


def test_without_a_declaration_nothing_is_compared_with_it():
    package = cases.package(declaration=None, derived=Derived(secrets=("otherApi",)))

    assert found(package, READ) == []


LOCAL = Derived(local_only="iot_class local_polling")


@pytest.mark.parametrize("host", ["printer.local", "10.0.0.7", "192.168.1.2:8080", "nas", "[fe80::1]", "hub.lan"])
def test_hosts_at_home_agree_with_a_local_integration(host):
    package = cases.package(derived=LOCAL)
    static = cases.result("static", observations=(cases.seen("host", host),))

    assert list(judge(package, compare_results(package, [static]))) == []


@pytest.mark.parametrize("host", ["api.acme.example", "8.8.8.8", "*.acme.example"])
def test_hosts_in_the_internet_contradict_a_local_integration_with_or_without_a_declaration(host):
    for declaration in (cases.declaration(), None):
        package = cases.package(derived=LOCAL, declaration=declaration)
        static = cases.result("static", observations=(cases.seen("host", host, path="a.py", line=4),))

        found = list(judge(package, compare_results(package, [static])))

        assert [(item.rule, item.severity.value, item.path, item.line) for item in found] == [
            ("manifest-contradicted", "medium", "a.py", 4)
        ]


def test_asking_for_a_host_when_run_is_worse_than_naming_it():
    package = cases.package(derived=LOCAL)
    asked = cases.seen("host", "api.acme.example:443", path="import", line=0, dynamic=True)
    behaviour = cases.result("behaviour", observations=(asked,))

    (item,) = judge(package, compare_results(package, [cases.result("static"), behaviour]))

    assert (item.severity.value, item.title) == (
        "high",
        "iot_class local_polling, but it asked for the host api.acme.example",
    )
