"""Comparing what a plugin says with what it shows."""

import pytest

from governance.vocabulary import Capability, CheckStatus
from plugins.capabilities import MAX_PLACES, compare, compare_results, covers, is_loopback, normal_host, split_port
from plugins.package import Derived, EgressHost
from tests.plugins import cases


def hosts(comparison):
    return [use.host for use in comparison.undeclared_hosts]


def declares(*entries):
    return cases.package(declaration=cases.declaration(egress=tuple(entries)), derived=Derived())


def test_clean_package_has_nothing_undeclared_and_nothing_unused():
    comparison = compare(cases.package(), cases.OBSERVED)

    assert comparison.undeclared_capabilities == comparison.unused_capabilities == ()
    assert comparison.undeclared_hosts == comparison.unused_hosts == ()
    (host,) = comparison.hosts
    assert (host.host, host.declared, host.derived, host.static, host.total) == (cases.HOST, True, False, True, 1)


def test_capability_shows_each_source_and_where_it_was_seen():
    package = cases.package(derived=Derived(frozenset({Capability.ENV_READ})))
    comparison = compare(package, [cases.seen("capability", "process.spawn", "a.js", 9)])

    uses = {use.id.value: (use.declared, use.derived, use.static) for use in comparison.capabilities}
    assert uses == {
        "env.read": (False, True, False),
        "network.outbound": (True, False, False),
        "process.spawn": (False, False, True),
        "secrets.read": (True, False, False),
    }
    assert [use.id.value for use in comparison.undeclared_capabilities] == ["env.read", "process.spawn"]
    assert [(place.path, place.line) for place in comparison.undeclared_capabilities[1].places] == [("a.js", 9)]


def test_what_was_seen_when_run_stands_beside_what_was_read():
    observations = [
        *cases.OBSERVED,
        cases.seen("capability", "network.outbound", "", 0, dynamic=True),
        cases.seen("host", cases.HOST, "", 0, dynamic=True),
        cases.seen("host", "evil.example:8443", "", 0, dynamic=True),
    ]
    comparison = compare(cases.package(), observations, ran=True)

    hosts_seen = {(use.host, use.port): (use.static, use.dynamic) for use in comparison.hosts}
    assert hosts_seen == {(cases.HOST, 0): (True, True), ("evil.example", 8443): (False, True)}
    assert hosts(comparison) == ["evil.example"]
    used = {use.id.value: use.dynamic for use in comparison.capabilities}
    assert used == {"network.outbound": True, "secrets.read": False}


def test_a_plugin_that_was_not_run_is_not_said_to_do_nothing():
    comparison = compare(cases.package(), cases.OBSERVED)

    assert {use.dynamic for use in (*comparison.capabilities, *comparison.hosts)} == {None}


def test_a_run_that_was_broken_off_shows_what_it_saw_and_claims_nothing_else():
    seen = cases.seen("host", "evil.example", "", 0, dynamic=True)
    results = [cases.result("static"), cases.result("behaviour", CheckStatus.INCONCLUSIVE, observations=(seen,))]

    comparison = compare_results(cases.package(), results)

    assert not comparison.ran
    assert {use.host: use.dynamic for use in comparison.hosts} == {"evil.example": True, cases.HOST: None}


def test_capability_declared_only_and_used_only_when_run_is_not_unused():
    package = cases.package(derived=Derived())
    observations = [cases.seen("capability", "network.outbound", "", 0, dynamic=True)]

    assert compare(package, observations, ran=True).unused_capabilities == ()


def test_capability_declared_by_name_and_never_shown_is_unused_but_an_implied_one_is_not():
    package = cases.package(derived=Derived())

    assert [use.id.value for use in compare(package, []).unused_capabilities] == ["network.outbound"]


def test_install_hook_is_shown_without_any_check_seeing_it():
    comparison = compare(cases.package(install_hooks=(cases.HOOK,)), [])

    (use,) = comparison.undeclared_capabilities
    assert (use.id, use.derived, use.static) == (Capability.PROCESS_INSTALL_HOOK, True, False)
    assert [(place.path, place.line) for place in use.places] == [("package.json", 12)]


def test_native_manifest_is_no_substitute_for_the_declaration():
    package = cases.package(declaration=None, derived=Derived(egress=(EgressHost("api.acme.example"),)))

    assert hosts(compare(package, [])) == ["api.acme.example"]


def test_places_are_limited_but_their_number_is_kept():
    seen = [cases.seen("host", "a.example", "a.js", line) for line in range(1, 101)]

    (use,) = compare(cases.package(), [*seen, *seen]).undeclared_hosts

    assert (len(use.places), use.total) == (MAX_PLACES, 100)


@pytest.mark.parametrize(
    ("declared", "host", "covered"),
    [
        ("example.com", "example.com", True),
        ("example.com", "api.example.com", False),
        ("example.com", "notexample.com", False),
        ("Example.COM.", "example.com", True),
        ("*.example.com", "api.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "evilexample.com", False),
        ("*.example.com", "example.com.evil.net", False),
        ("*", "example.com", False),
        ("*.com", "example.com", False),
        ("*.*.com", "a.example.com", False),
        ("api.*.com", "api.evil.com", False),
        ("bücher.example", "xn--bcher-kva.example", True),
        ("[2001:db8::1]", "2001:db8::1", True),
    ],
)
def test_declared_host_covers_what_its_rule_says_and_no_more(declared, host, covered):
    assert covers(EgressHost(declared), host) is covered


@pytest.mark.parametrize(
    ("declared", "used", "covered"), [(443, 443, True), (443, 8443, False), (443, 0, True), (0, 8443, True)]
)
def test_declared_port_covers_itself_and_the_unknown_one(declared, used, covered):
    assert covers(EgressHost("a.example", declared), "a.example", used) is covered


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("A.example:8443", ("a.example", 8443)),
        ("a.example", ("a.example", 0)),
        ("[2001:db8::1]:80", ("2001:db8::1", 80)),
        ("2001:db8::1", ("2001:db8::1", 0)),
        ("a.example:99999", ("a.example:99999", 0)),
    ],
)
def test_port_is_split_off_a_host(value, parts):
    assert split_port(value) == parts


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0"])
def test_loopback_is_no_egress(host):
    assert is_loopback(host)
    assert hosts(compare(declares(), [cases.seen("host", host)])) == []


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_other_addresses_are_egress_however_local_they_look(host):
    assert hosts(compare(declares(), [cases.seen("host", host)])) == [host]


def test_wildcard_stays_in_the_list_and_is_used_once_a_host_matches_it():
    comparison = compare(declares(EgressHost("*.acme.example")), [cases.seen("host", "api.acme.example")])

    assert [(use.host, use.declared, use.static) for use in comparison.hosts] == [
        ("*.acme.example", True, False),
        ("api.acme.example", True, True),
    ]
    assert comparison.unused_hosts == comparison.undeclared_hosts == ()


def test_host_declared_and_never_named_is_unused():
    assert [use.host for use in compare(declares(EgressHost("old.example")), []).unused_hosts] == ["old.example"]


def test_wildcard_over_everything_is_named_as_too_wide():
    comparison = compare(declares(EgressHost("*")), [cases.seen("host", "evil.example")])

    assert comparison.too_wide == ("*",)
    assert hosts(comparison) == ["evil.example"]


@pytest.mark.parametrize(
    "static",
    [
        None,
        cases.result("static", CheckStatus.INCONCLUSIVE),
        cases.result("static", CheckStatus.ERRORED),
        cases.result("static", examined=0),
    ],
)
def test_comparison_has_a_gap_where_the_code_was_not_read(static):
    results = [cases.result("secrets"), *([static] if static else [])]

    assert len(compare_results(cases.package(), results).gaps) == 1


def test_comparison_of_a_package_without_code_has_no_gap():
    assert compare_results(cases.package(), [cases.result("static", CheckStatus.NOT_APPLICABLE, examined=0)]).gaps == ()


def test_host_that_has_no_ascii_form_is_kept_as_it_is():
    assert normal_host("a..bücher" + "x" * 70) == "a..bücher" + "x" * 70


def test_a_platform_secret_declares_no_reading_of_the_machines_own_credentials():
    package = cases.package(derived=Derived())
    raid = cases.seen("capability", "secrets.read", "a.js", 3)

    platform = compare_results(package, [cases.result("static", observations=(raid,))])
    machine = compare_results(package, [cases.result("static"), cases.result("malware", observations=(raid,))])

    assert "secrets.read" not in [use.id.value for use in platform.undeclared_capabilities]
    assert "secrets.read" in [use.id.value for use in machine.undeclared_capabilities]
