"""Automatic certificates: each condition stops them, is named, and only all together let them happen."""

from dataclasses import replace

import pytest

from certification.automatic import certify_automatically, conditions
from certification.certificates import revoke, suspend
from certification.enums import CertificateState, ReviewState
from certification.models import Certificate, Review
from certification.reviews import claim
from governance.models import LedgerEntry
from governance.policies import PolicyRules
from governance.vocabulary import Capability, CheckStatus, Severity
from plugins.changes import picture_from
from plugins.changes.picture import Dependency
from plugins.checks.base import ComponentResult, MatchedAdvisory
from plugins.enums import Trigger, VersionState
from plugins.models import Plugin, PluginVersion, VettingRun
from plugins.services.certified import hold_automation
from tests.factories import OwnerTeamFactory, PluginVersionFactory
from tests.plugins import cases
from tests.support.certified import after, certified, reviewer, under_review, verdict, vetted
from tests.support.policies import in_force, variation
from tests.support.reports import made_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def before(policy):
    """The certificate of the version before."""
    return certified(policy)


def missed(review):
    return {condition.code for condition in conditions(review) if not condition.met}


def is_certified(review):
    return review.version.certificates.exists()


def test_a_version_in_which_nothing_relevant_changed_is_certified_by_the_portal(before, policy):
    review = after(before, policy)

    certificate = Certificate.objects.get(version=review.version)
    assert (certificate.state, certificate.issued_by) == (CertificateState.ACTIVE, None)
    assert certificate.decision == before.decision
    assert (review.state, review.version.state) == (ReviewState.CLOSED, VersionState.APPROVED)
    entry = LedgerEntry.objects.get(verb="version.certified-automatically")
    assert (entry.actor_id, entry.actor_label) == (None, "system")
    assert entry.details["previous_certificate"] == before.serial
    assert entry.details["previous_decision"] == before.decision_id
    assert Plugin.objects.get(pk=review.version.plugin_id).certified_run_id == review.run_id


def test_the_conditions_of_the_decision_before_go_on_to_hold(policy):
    review = under_review(policy)
    verdict(review, conditions="Only in sales.")

    second = after(review.version.certificates.get(), policy)

    assert second.version.certificates.get().conditions == "Only in sales."


def test_a_first_version_is_never_certified_automatically(policy):
    review = Review.objects.get(run=vetted(policy))

    assert (conditions(review), review.state) == ((), ReviewState.OPEN)
    assert certify_automatically(review=review) is None


def declared(**more):
    return cases.package(declaration=replace(cases.declaration(**more), raw={"x": sorted(map(str, more))}))


PART = ComponentResult("pkg:npm/left@1", "npm", "left", "1", direct=True, pinned="1")
ADVISED = replace(PART, advisories=(MatchedAdvisory("GHSA-1", (), Severity.LOW, "Bad.", (), "affected"),))


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        (
            {"package": cases.package(declaration=cases.declaration(
                capabilities=frozenset({Capability.NETWORK_OUTBOUND, Capability.MESSAGING_SEND})))},
            {"capabilities"},
        ),
        ({"package": cases.package(entry_points=(cases.NODE, "README.md"))}, {"contents"}),
        ({"package": declared()}, {"declaration"}),
        ({"package": cases.package(metadata=replace(cases.package().metadata, author="Mallory"))}, {"author"}),
        ({"results": cases.with_result(cases.clean_results(), cases.result("dependencies", components=(PART,)))},
         {"dependencies"}),
        ({"results": cases.with_result(cases.clean_results(), cases.result(
            "static", findings=[cases.finding(severity=Severity.MEDIUM)], observations=cases.OBSERVED))}, {"findings"}),
        ({"run__trigger": Trigger.REVIEWER}, {"submission"}),
    ],
)  # fmt: skip
def test_each_condition_alone_leaves_it_to_a_human(before, policy, more, codes):
    more = {key.removeprefix("run__"): value for key, value in more.items()}

    review = after(before, policy, **more)

    assert missed(review) == codes
    assert (review.state, is_certified(review)) == (ReviewState.OPEN, False)


def test_a_new_advisory_about_an_old_dependency_leaves_it_to_a_human(before, policy):
    stored = picture_from(VettingRun.objects.get(pk=before.run_id).report)
    older = replace(stored, dependencies={"npm:left": Dependency("1")})
    advised = cases.with_result(cases.clean_results(), cases.result("dependencies", components=(ADVISED,)))

    review = after(before, policy, results=advised, picture=older)

    assert missed(review) == {"dependencies"}
    assert not is_certified(review)


def test_a_low_finding_alone_stops_nothing(before, policy):
    low = cases.result("static", findings=[cases.finding(severity=Severity.LOW)], observations=cases.OBSERVED)

    assert is_certified(after(before, policy, results=cases.with_result(cases.clean_results(), low)))


def test_a_failed_vetting_leaves_it_to_a_human(before, policy):
    found = cases.result("static", findings=[cases.finding()], observations=cases.OBSERVED)

    review = after(before, policy, results=cases.with_result(cases.clean_results(), found))

    assert {"verdict", "findings", "criteria"} <= missed(review)
    assert not is_certified(review)


def test_what_could_not_be_compared_leaves_it_to_a_human(before, policy):
    silent = cases.result("dependencies", CheckStatus.INCONCLUSIVE)

    review = after(before, policy, results=cases.with_result(cases.clean_results(), silent))

    assert {"compared", "capabilities", "contents", "dependencies", "declaration", "author"} <= missed(review)
    assert not is_certified(review)


def test_a_comparison_with_other_bytes_counts_as_none(before, policy):
    other = replace(picture_from(VettingRun.objects.get(pk=before.run_id).report), sha256="f" * 64)

    review = after(before, policy, picture=other)

    assert "compared" in missed(review)
    assert not is_certified(review)


def test_a_tier_the_policy_does_not_free_leaves_it_to_a_human(policy):
    document = variation("strict").to_dict()
    document["tiers"]["low"].pop("auto_certify", None)
    rules = PolicyRules.from_dict(document)
    strict = in_force(rules)
    before = certified(strict, report=made_report(policy=rules))

    review = after(before, strict, rules=rules)

    assert missed(review) == {"allowed"}
    assert not is_certified(review)


def test_a_policy_changed_since_leaves_it_to_a_human(before):
    rules = variation("next")

    review = after(before, in_force(rules), rules=rules)

    assert missed(review) == {"policy"}
    assert not is_certified(review)


@pytest.mark.parametrize("move", [suspend, revoke])
def test_a_certificate_no_longer_in_force_leaves_it_to_a_human(before, policy, move):
    move(certificate=before, actor=reviewer(), reason="An incident.")

    review = after(before, policy)

    assert missed(review) == {"certificate"}
    assert not is_certified(review)


def test_another_team_leaves_it_to_a_human(before, policy):
    plugin = Plugin.objects.get(pk=before.version.plugin_id)
    plugin.team = OwnerTeamFactory()
    plugin.save(update_fields=["team"])

    review = after(before, policy)

    assert missed(review) == {"team"}


@pytest.mark.parametrize("state", [VersionState.REJECTED, VersionState.CHANGES_REQUESTED, VersionState.QUARANTINED])
def test_a_version_refused_since_is_not_gone_around(before, policy, state):
    PluginVersionFactory(plugin=before.version.plugin, state=state)

    review = after(before, policy)

    assert missed(review) == {"undisputed"}
    assert not is_certified(review)


def test_a_held_plugin_is_left_to_a_human_until_somebody_ends_it(before, policy):
    who = reviewer()
    plugin = Plugin.objects.get(pk=before.version.plugin_id)
    hold_automation(plugin=plugin, actor=who, reason=" Watch this one. ")
    before.version.plugin = plugin
    review = after(before, policy)

    assert missed(review) == {"hold"}
    entry = LedgerEntry.objects.get(verb="plugin.automation-held")
    assert (entry.actor_id, entry.details["reason"]) == (who.pk, "Watch this one.")

    hold_automation(plugin=plugin, actor=who, reason="")
    assert missed(Review.objects.get(pk=review.pk)) == set()
    assert LedgerEntry.objects.filter(verb="plugin.automation-released").exists()


def test_what_a_reviewer_works_on_is_not_taken_from_them(before, policy):
    plugin = Plugin.objects.get(pk=before.version.plugin_id)
    hold_automation(plugin=plugin, actor=reviewer(), reason="Watch.")
    review = after(before, policy)
    claim(review=review, actor=reviewer())
    hold_automation(plugin=plugin, actor=reviewer(), reason="")

    assert certify_automatically(review=Review.objects.get(pk=review.pk)) is None
    assert not is_certified(review)


def test_nothing_is_certified_where_signing_fails(before, policy, monkeypatch):
    def refuse(**_facts):
        raise ValueError("no")

    monkeypatch.setattr("certification.certificates.issue_certificate", refuse)

    review = after(before, policy)

    assert (review.state, is_certified(review)) == (ReviewState.OPEN, False)
    assert PluginVersion.objects.get(pk=review.version_id).state == VersionState.IN_REVIEW
