"""Licences: how they are read, how a policy's lists judge them, and what becomes a finding."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.policies import baseline
from governance.policies.licences import LicenceRules
from governance.policies.rules import PolicyRules
from governance.vocabulary import CheckStatus, Severity
from plugins.checks.base import Workspace
from plugins.checks.licence_terms import ORDER, judged
from plugins.checks.licences import MAX_FINDINGS, LicencesCheck
from plugins.package import Dependency
from tests.plugins import cases

RULES = LicenceRules(
    allow=("MIT", "Apache-2.0", "BSD-*"),
    review=("GPL-*", "LGPL-*"),
    deny=("AGPL-*", "SSPL-1.0"),
    unlisted="review",
)


@pytest.mark.parametrize(
    ("text", "opinion", "expression"),
    [
        ("MIT", "allow", "MIT"),
        ("mit", "allow", "MIT"),
        ("(MIT)", "allow", "MIT"),
        ("The MIT License", "allow", "MIT"),
        ("Apache License, Version 2.0", "allow", "Apache-2.0"),
        ("BSD License", "allow", "BSD-3-Clause"),
        ("GPLv3", "review", "GPL-3.0-only"),
        ("GPL-2.0+", "review", "GPL-2.0-or-later"),
        ("AGPL-3.0", "deny", "AGPL-3.0-only"),
        ("GNU Affero General Public License v3", "deny", "AGPL-3.0-only"),
        ("ISC", "review", "ISC"),
        # a choice: the mildest; all at once: the strictest
        ("MIT OR AGPL-3.0-only", "allow", "MIT OR AGPL-3.0-only"),
        ("MIT/Apache-2.0", "allow", "MIT OR Apache-2.0"),
        ("MIT AND AGPL-3.0-only", "deny", "MIT AND AGPL-3.0-only"),
        ("MIT AND GPL-2.0-only", "review", "MIT AND GPL-2.0-only"),
        ("MIT AND (AGPL-3.0-only OR BSD-3-Clause)", "allow", "MIT AND (AGPL-3.0-only OR BSD-3-Clause)"),
        ("MIT OR BSD-3-Clause AND AGPL-3.0-only", "allow", "MIT OR (BSD-3-Clause AND AGPL-3.0-only)"),
        ("GPL-2.0-only OR SSPL-1.0", "review", "GPL-2.0-only OR SSPL-1.0"),
        # an exception adds permissions
        ("GPL-2.0-only WITH Classpath-exception-2.0", "review", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("Apache-2.0 WITH LLVM-exception", "allow", "Apache-2.0 WITH LLVM-exception"),
        ("AGPL-3.0-only WITH LLVM-exception", "deny", "AGPL-3.0-only WITH LLVM-exception"),
        ("MIT WITH Made-up-exception", "unknown", "MIT WITH Made-up-exception"),
        ("Classpath-exception-2.0", "unknown", "Classpath-exception-2.0"),
        # what nobody can place
        ("MIT OR Made-up", "allow", "MIT OR Made-up"),
        ("MIT AND Made-up", "unknown", "MIT AND Made-up"),
        ("AGPL-3.0-only AND Made-up", "deny", "AGPL-3.0-only AND Made-up"),
        ("LicenseRef-Acme", "review", "LicenseRef-Acme"),
        ("UNLICENSED", "review", "LicenseRef-Proprietary"),
        ("SEE LICENSE IN LICENSE.md", "unknown", "SEE LICENSE IN LICENSE.md"),
        ("MIT AND", "unknown", ""),
        ("AND", "unknown", ""),
        ("", "unknown", ""),
        ("(" * 400 + "MIT", "unknown", ""),
        ("MIT OR " * 90 + "MIT", "unknown", ""),
    ],
)
def test_a_licence_is_read_and_judged(text, opinion, expression):
    terms = judged(text, RULES)

    assert (terms.opinion, terms.expression) == (opinion, expression)


def test_a_pair_with_an_exception_can_be_listed_by_itself():
    rules = replace(RULES, allow=("GPL-2.0-only WITH Classpath-exception-2.0",))

    assert judged("GPL-2.0-only WITH Classpath-exception-2.0", rules).opinion == "allow"
    assert judged("GPL-2.0-only", rules).opinion == "review"


def test_where_two_lists_name_a_licence_the_stricter_counts():
    assert replace(RULES, allow=("*",)).of("AGPL-3.0-only") == "deny"


def test_the_words_say_what_it_rests_on():
    assert judged("MIT AND (AGPL-3.0-only OR SSPL-1.0)", RULES).decisive == ("AGPL-3.0-only", "SSPL-1.0")


@given(st.text(alphabet="()MITANDORWH -+./\x00é", max_size=60) | st.text(max_size=60))
def test_no_text_breaks_it(text):
    assert judged(text, RULES).opinion in ORDER


# --- the check ---


def dependency(name, licence, scope="bundled", **more):
    return Dependency("npm", name, "1.0.0", scope, f"node_modules/{name}/package.json", 1, license=licence, **more)


def vet(licence="MIT", *dependencies, rules=RULES):
    metadata = replace(cases.package().metadata, license=licence)
    package = cases.package(metadata=metadata, dependencies=dependencies)
    nowhere = Path("/nonexistent")
    return LicencesCheck(rules).run(Workspace(package, nowhere, nowhere, nowhere, nowhere))


def rules_of(result):
    return [(found.rule, found.severity, found.snippet) for found in result.findings]


def test_what_the_policy_allows_passes_and_says_how_much_was_seen():
    result = vet("MIT", dependency("left", "Apache-2.0"), dependency("axios", "", "runtime"))

    assert (result.status, result.examined, result.findings) == (CheckStatus.PASSED, 2, ())
    assert result.reason == (
        "The plugin's own licence and those of 1 dependencies were looked at. "
        "Of 1 more, fetched on installation, it is not known here."
    )
    assert result.evidence["licences"] == {"MIT": 1, "Apache-2.0": 1}


def test_a_refused_licence_fails_and_names_where_it_stands():
    result = vet("MIT", dependency("left", "AGPL-3.0", pinned="1.0.0"))

    assert result.status is CheckStatus.FAILED
    [found] = result.findings
    assert (found.rule, found.severity) == ("licence-denied", Severity.HIGH)
    assert found.title == "left 1.0.0 is under AGPL-3.0-only, which the policy refuses"
    assert (found.path, found.detail) == ("node_modules/left/package.json", "Stated: AGPL-3.0.")


def test_what_needs_a_look_is_unknown_or_missing_is_told_apart():
    result = vet("Made up", dependency("left", "GPL-3.0-only"), dependency("right", ""), dependency("up", "?"))

    assert rules_of(result) == [
        ("licence-unknown", Severity.MEDIUM, "own licence"),
        ("licence-review", Severity.LOW, "npm:left"),
        ("licence-missing", Severity.MEDIUM, "npm:right"),
        ("licence-unknown", Severity.MEDIUM, "npm:up"),
    ]
    assert rules_of(vet("")) == [("licence-missing", Severity.MEDIUM, "own licence")]


def test_what_developers_use_and_what_is_fetched_later_is_not_judged():
    assert vet("MIT", dependency("left", "AGPL-3.0", "dev"), dependency("right", "", "runtime")).findings == ()


def test_a_lock_files_word_on_a_dependency_counts():
    assert rules_of(vet("MIT", dependency("left", "AGPL-3.0", "runtime")))[0][0] == "licence-denied"


def test_a_copy_counts_once_and_a_flood_is_summed_up():
    copies = [dependency("left", "AGPL-3.0") for _ in range(5)]
    assert len(vet("MIT", *copies).findings) == 1

    many = vet("MIT", *(dependency(f"left-{n}", "") for n in range(100))).findings
    assert len(many) == MAX_FINDINGS + 1
    assert many[-1].title == f"{100 - MAX_FINDINGS} more: licence missing"


def test_a_policy_that_names_none_takes_what_is_known():
    result = vet("AGPL-3.0-only", dependency("left", "Made up"), rules=LicenceRules())

    assert rules_of(result) == [("licence-unknown", Severity.MEDIUM, "npm:left")]
    assert "The policy names none" in result.reason


# --- the policy ---


def test_the_baselines_lists_do_what_they_say():
    rules = baseline().licences

    assert {judged(text, rules).opinion for text in ("MIT", "ISC", "BSD-3-Clause", "Apache-2.0", "0BSD")} == {"allow"}
    assert {judged(text, rules).opinion for text in ("GPL-2.0-or-later", "MPL-2.0", "LGPL-3.0", "Ruby")} == {"review"}
    refused = ("AGPL-3.0", "SSPL-1.0", "BUSL-1.1", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "Elastic-2.0")
    assert {judged(text, rules).opinion for text in refused} == {"deny"}


def test_a_policy_without_the_part_loads_and_keeps_its_digest():
    document = baseline().to_dict()
    del document["licences"]

    old = PolicyRules.from_dict(document)

    assert (old.licences, old.to_dict()) == (LicenceRules(), document)


def test_the_part_comes_back_as_it_was():
    assert PolicyRules.from_dict(baseline().to_dict()).licences == baseline().licences
