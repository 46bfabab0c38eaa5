"""What counts as a change against the last certified version, and what the policy makes of it."""

import json
from dataclasses import replace

import pytest

from governance.policies import ChangeWeights, baseline
from governance.vocabulary import Capability, CheckStatus, Severity, Tier
from plugins.changes import Changes, Picture, changes_between, picture_from, picture_of
from plugins.changes.picture import Dependency, origin_name
from plugins.checks.base import ComponentResult, MatchedAdvisory
from plugins.checks.changes import FIRST, ChangesCheck, title
from plugins.exports.vetting_json import vetting_document
from plugins.package import Derived
from tests.plugins import cases
from tests.support.reports import made_report

WEIGHTS = baseline().changes
BEFORE = Picture(
    version="1.3.0",
    sha256="a" * 64,
    tier=Tier.LOW,
    declared_capabilities=frozenset({"network.outbound"}),
    seen_capabilities=frozenset({"network.outbound"}),
    declared_hosts=frozenset({"api.acme.example:443"}),
    seen_hosts=frozenset({"api.acme.example"}),
    dependencies={"npm:left": Dependency("^1.0.0")},
    native_files=frozenset({"lib/fast.node"}),
    files={"a.js": ("0" * 64, 10), "b.js": ("1" * 64, 10), "lib/fast.node": ("2" * 64, 10)},
)


def compared(**after):
    return changes_between(BEFORE, replace(BEFORE, version="1.4.0", sha256="b" * 64, **after), WEIGHTS)


def told(changes):
    return [(change.kind, change.what, change.name, change.source, change.severity.value) for change in changes.changes]


def test_nothing_changed_is_said_so():
    changes = compared()

    assert (changes.changes, changes.files, changes.relevant) == ((), (), ())
    assert changes.file_counts == {"added": 0, "changed": 0, "gone": 0, "unchanged": 3}


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (
            {"declared_capabilities": frozenset({"network.outbound", "env.read"})},
            ("capability", "added", "env.read", "declared", "medium"),
        ),
        (
            {"seen_capabilities": frozenset({"network.outbound", "process.spawn"})},
            ("capability", "added", "process.spawn", "seen", "high"),
        ),
        ({"seen_capabilities": frozenset()}, ("capability", "gone", "network.outbound", "seen", "info")),
        (
            {"declared_hosts": frozenset({"api.acme.example:443", "*.acme.example"})},
            ("host", "added", "*.acme.example", "declared", "high"),
        ),
        (
            {"seen_hosts": frozenset({"api.acme.example", "cdn.example.net"})},
            ("host", "added", "cdn.example.net", "seen", "high"),
        ),
        ({"declared_secrets": frozenset({"acmeApi"})}, ("secret", "added", "acmeApi", "declared", "medium")),
        ({"seen_secrets": frozenset({"acmeApi"})}, ("secret", "added", "acmeApi", "seen", "medium")),
        ({"install_hooks": frozenset({"npm-script preinstall"})},
         ("install_hook", "added", "npm-script preinstall", "", "high")),
        ({"native_files": frozenset({"lib/fast.node", "x.so"})}, ("native_file", "added", "x.so", "", "high")),
        ({"files": BEFORE.files | {"lib/fast.node": ("9" * 64, 10)}},
         ("native_file", "changed", "lib/fast.node", "", "high")),
        ({"entry_points": frozenset({"a.js"})}, ("entry_point", "added", "a.js", "", "low")),
        ({"dependencies": BEFORE.dependencies | {"npm:right": Dependency("*")}},
         ("dependency", "added", "npm:right", "", "low")),
        ({"dependencies": {}}, ("dependency", "gone", "npm:left", "", "info")),
        ({"dependencies": {"npm:left": Dependency("^2.0.0")}}, ("dependency", "changed", "npm:left", "", "info")),
        ({"declaration": {"data_flows": "x"}}, ("declaration", "added", "data_flows", "", "low")),
        ({"author": "Somebody else"}, ("author", "changed", "author", "", "medium")),
        ({"origin": "https://github.com/acme/nodes, built by x"}, ("origin", "added", "origin", "", "info")),
        ({"tier": Tier.MODERATE}, ("tier", "changed", "tier", "", "medium")),
    ],
)  # fmt: skip
def test_each_difference_is_one_change_with_the_policys_severity(after, change):
    assert told(compared(**after)) == [change]


@pytest.mark.parametrize(("after", "what"), [("", "gone"), ("https://github.com/evil/nodes, built by x", "changed")])
def test_proven_origin_that_is_another_or_none_is_grave(after, what):
    before = replace(BEFORE, origin="https://github.com/acme/nodes, built by x")

    [change] = changes_between(before, replace(before, origin=after), WEIGHTS).changes

    assert (change.kind, change.what, change.severity) == ("origin", what, Severity.HIGH)
    assert title(change).startswith("The proven origin was “https://github.com/acme/nodes, built by x” and is “")


def test_origin_is_named_without_what_each_version_brings_anew():
    first = {**cases.PROVEN, "builder": "https://github.com/acme/nodes/release.yml@refs/tags/v1"}
    second = {**first, "builder": "https://github.com/acme/nodes/release.yml@refs/tags/v2", "commit": "b" * 40}

    assert origin_name(first) == origin_name(second)
    assert origin_name(None) == ""


def test_a_tier_that_fell_is_only_noted():
    before = replace(BEFORE, tier=Tier.HIGH)

    [change] = changes_between(before, BEFORE, WEIGHTS).changes

    assert (change.before, change.after, change.relevant) == ("high", "low", False)


def test_a_kind_the_policy_does_not_know_is_medium_and_never_nothing():
    [change] = changes_between(BEFORE, replace(BEFORE, author="x"), ChangeWeights({})).changes

    assert change.severity is Severity.MEDIUM


def test_files_are_compared_by_their_bytes():
    changes = compared(files={"a.js": ("0" * 64, 10), "b.js": ("9" * 64, 12), "c.js": ("3" * 64, 5)})

    assert [(file.path, file.what) for file in changes.files] == [
        ("b.js", "changed"),
        ("c.js", "added"),
        ("lib/fast.node", "gone"),
    ]
    assert changes.file_counts == {"added": 1, "changed": 1, "gone": 1, "unchanged": 1}


def test_the_live_picture_and_the_one_from_the_stored_report_are_the_same():
    advisory = MatchedAdvisory("GHSA-1", (), Severity.HIGH, "Bad.", (), "affected")
    part = ComponentResult("pkg:npm/left@1.0.0", "npm", "left", "1.0.0", direct=True, pinned="1.0.0",
                           advisories=(advisory,))  # fmt: skip
    results = cases.with_result(
        cases.clean_results(), cases.result("dependencies", components=(part,), findings=[cases.finding()])
    )
    package = cases.package(
        install_hooks=(cases.HOOK,),
        files=(*cases.package().files, cases.source("lib/fast.node")),
        derived=Derived(frozenset({Capability.ENV_READ}), (), ("acmeApi",)),
    )
    report = made_report(results, of=package)

    live = picture_of(
        package=package, sha256="0" * 64, comparison=report.comparison, results=report.results, tier=report.risk.tier
    )

    assert live == picture_from(json.loads(json.dumps(vetting_document(report))))
    assert live.dependencies == {"npm:left": Dependency("1.0.0", ("GHSA-1",))}
    assert live.native_files == {"lib/fast.node"}
    assert live.gaps == ()


def test_a_silent_check_leaves_a_gap_in_the_picture():
    silent = made_report(cases.with_result(cases.clean_results(), cases.result("static", CheckStatus.INCONCLUSIVE)))

    [gap] = picture_from(vetting_document(silent)).gaps

    assert gap.startswith("The check static gave no result about 1.4.0")


def test_a_report_from_before_files_were_listed_is_not_taken_for_whole():
    document = vetting_document(made_report())
    del document["contents"]

    assert picture_from(document).gaps == ("The report about 1.4.0 was made before reports listed the files.",)


# --- the check ---


def judged(changes):
    return ChangesCheck().judge(cases.workspace(cases.package()), changes)


def test_a_first_version_has_nothing_to_be_compared_with():
    result = judged(Changes())

    assert (result.status, result.reason) == (CheckStatus.NOT_APPLICABLE, FIRST)


def test_findings_are_what_the_policy_holds_grave_and_gone_things_are_none():
    result = judged(compared(seen_hosts=frozenset({"cdn.example.net"}), author="Mallory"))

    assert result.status is CheckStatus.FAILED
    assert [(found.rule, found.severity, found.title) for found in result.findings] == [
        ("host-added", Severity.HIGH, "New seen host: cdn.example.net"),
        ("author-changed", Severity.MEDIUM, "The author was “” and is “Mallory”"),
    ]
    assert result.reason == (
        "Compared with 1.3.0, the last certified: 2 relevant changes, 1 noted; files: 0 added, 0 changed, 0 gone."
    )


def test_what_could_not_be_compared_makes_it_inconclusive():
    result = judged(compared(gaps=("The check static gave no result.",)))

    assert (result.status, result.reason) == (CheckStatus.INCONCLUSIVE, "The check static gave no result.")


def test_a_thousand_new_dependencies_do_not_make_a_thousand_findings():
    many = BEFORE.dependencies | {f"npm:d{number}": Dependency("*") for number in range(300)}

    result = judged(compared(dependencies=many))

    assert len(result.findings) == 51
    assert result.findings[-1].title == "250 more of the kind: dependency"
