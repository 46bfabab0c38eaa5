"""The risk score: additive, capped, never lower for what is not known."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.policies import baseline
from governance.policies.rules import EVERY_TIME, PolicyRules
from governance.vocabulary import Capability, CheckStatus, Severity, Tier
from plugins.capabilities import compare_results
from plugins.checks.base import CheckResult, ComponentResult, MatchedAdvisory, WaiverRef
from plugins.counterfactual import counterfactual
from plugins.risk import RiskFactor, RiskItem, RiskScore, score
from tests.plugins import cases

WEIGHTS = baseline().risk
PURE = ("completeness", "declaration")


def scored(package=None, results=None):
    package = package or cases.package()
    results = cases.clean_results() if results is None else results
    everything = [*results, *(cases.result(code) for code in PURE)]
    return score(package=package, results=everything, comparison=compare_results(package, results), weights=WEIGHTS)


def replaced(*new):
    results = cases.clean_results()
    for result in new:
        results = cases.with_result(results, result)
    return results


def points(risk):
    return {factor.code: factor.points for factor in risk.factors if factor.points}


def test_clean_package_scores_what_it_can_do_and_nothing_else():
    risk = scored()

    assert points(risk) == {"capabilities": 6}
    assert (risk.score, risk.tier, risk.floor, risk.weights_version) == (6, Tier.LOW, None, "2026.3")


def test_score_is_the_sum_of_its_factors():
    findings = [cases.finding(rule=f"r{number}", severity=Severity.MEDIUM) for number in range(3)]
    risk = scored(results=replaced(cases.result("static", findings=findings, observations=cases.OBSERVED)))

    assert points(risk) == {"capabilities": 6, "findings": 12}
    assert risk.score == risk.total == 18


def test_factor_stops_at_its_cap_and_says_so():
    findings = [cases.finding(rule=f"r{number}") for number in range(50)]
    risk = scored(results=replaced(cases.result("static", findings=findings)))

    factor = risk.factors[0]
    assert (factor.points, factor.cap, factor.uncapped) == (45, 45, 750)
    assert factor.reason.endswith("and 47 more. Capped at 45.")


@pytest.mark.parametrize(("severity", "expected"), [(Severity.LOW, 1), (Severity.MEDIUM, 5), (Severity.HIGH, 30)])
def test_repeats_of_one_rule_weigh_less_each_time_but_grave_ones_do_not(severity, expected):
    count = 2 if severity is Severity.HIGH else 40
    findings = [cases.finding(severity=severity, line=line) for line in range(1, count + 1)]
    factor = scored(results=replaced(cases.result("static", findings=findings, observations=cases.OBSERVED))).factors[0]

    assert factor.points == expected
    assert len(factor.items) == (2 if severity is Severity.HIGH else 1)


def test_repeats_say_how_many_they_are_and_where_the_first_is():
    findings = [cases.finding(severity=Severity.MEDIUM, line=line) for line in (7, 8, 9)]
    factor = scored(results=replaced(cases.result("static", findings=findings))).factors[0]

    assert f"3 medium findings of one kind, first “A weak hash” in {cases.NODE}:7" in factor.reason


def test_faults_of_two_dependencies_are_no_repeats():
    def faults(*names):
        of = [
            cases.finding("dependencies", "vulnerable-dependency", Severity.MEDIUM, symbol=f"npm:{name}:CVE-{number}")
            for number, name in enumerate(names)
        ]
        return points(scored(results=replaced(cases.result("dependencies", findings=of))))["dependencies"]

    assert (faults("ws", "ws"), faults("ws", "qs")) == (3, 6)


def test_many_undeclared_hosts_are_named_together():
    hosts = [cases.seen("host", f"{letter}.example") for letter in "edcba"]
    static = cases.result("static", observations=[*cases.OBSERVED, *hosts])
    factor = next(factor for factor in scored(results=replaced(static)).factors if factor.code == "undeclared")

    assert factor.points == 6
    assert "the undeclared hosts a.example, b.example, c.example and 2 more" in factor.reason


def test_policy_without_a_word_on_repeats_counts_each_in_full():
    findings = [cases.finding(severity=Severity.MEDIUM, line=line) for line in (7, 8, 9)]
    results = replaced(cases.result("static", findings=findings))
    package = cases.package()
    compared = compare_results(package, results)
    risk = score(
        package=package, results=results, comparison=compared, weights=replace(WEIGHTS, repeat_percent=EVERY_TIME)
    )

    assert risk.factors[0].points == 12


def test_score_stops_at_a_hundred_but_the_factors_do_not():
    findings = [cases.finding(rule=f"r{number}", severity=Severity.CRITICAL) for number in range(9)]
    seen = [cases.seen("capability", item.value) for item in Capability]
    broken = [cases.result(code, CheckStatus.ERRORED) for code in ("archive", "malware", "dependencies")]
    risk = scored(results=replaced(cases.result("static", findings=findings, observations=seen), *broken))

    assert risk.score == 100
    assert risk.total > 100
    assert risk.tier is Tier.CRITICAL


@pytest.mark.parametrize(
    "unknown",
    [
        lambda result: [CheckResult(result.code, CheckStatus.ERRORED, "Broke.")],
        lambda result: [replace(result, status=CheckStatus.INCONCLUSIVE)],
        lambda result: [replace(result, examined=0)],
        lambda _result: [],
    ],
)
def test_required_check_without_a_result_adds_points(unknown):
    clean = cases.result("secrets")
    others = [result for result in cases.clean_results() if result.code != "secrets"]

    assert points(scored(results=[*others, *unknown(clean)])) == {"capabilities": 6, "missing_evidence": 15}


def test_leaving_the_declaration_out_never_lowers_the_score():
    empty = cases.declaration(
        capabilities=frozenset(),
        egress=(),
        secrets=(),
        support_until="",
        rollback_version="",
        failure_mode="",
        test_evidence="",
        test_coverage=None,
    )

    assert scored(cases.package(declaration=None)).score >= scored(cases.package(declaration=empty)).score


def test_undeclared_use_adds_points_and_more_where_it_is_dangerous():
    tame = replaced(cases.result("static", observations=[*cases.OBSERVED, cases.seen("capability", "env.read")]))
    wild = replaced(cases.result("static", observations=[*cases.OBSERVED, cases.seen("capability", "process.spawn")]))
    host = replaced(cases.result("static", observations=[*cases.OBSERVED, cases.seen("host", "evil.example")]))

    assert [points(scored(results=results))["undeclared"] for results in (tame, wild, host)] == [3, 8, 5]


def test_each_finding_counts_in_one_factor():
    results = replaced(
        cases.result("dependencies", findings=[cases.finding("dependencies", "vulnerable-dependency")]),
        cases.result("static", findings=[cases.finding(rule="obfuscated")], observations=cases.OBSERVED),
    )

    assert points(scored(results=results)) == {"capabilities": 6, "dependencies": 10, "opaque": 6}


def test_compiled_files_are_opaque():
    package = cases.package(files=(*cases.package().files, cases.source("build/Acme.NODE")))

    assert points(scored(package)) == {"capabilities": 6, "opaque": 6}


@pytest.mark.parametrize(
    ("found", "tier"),
    [
        (cases.finding("dependencies", "malicious-dependency", Severity.CRITICAL), Tier.CRITICAL),
        (cases.finding("dependencies", "possibly-malicious-dependency", Severity.MEDIUM), Tier.LOW),
        (cases.finding("malware", "stealer"), Tier.CRITICAL),
        (cases.finding("malware", "network", Severity.MEDIUM), Tier.LOW),
    ],
)
def test_malice_lifts_the_tier_whatever_the_score(found, tier):
    risk = scored(results=replaced(cases.result(found.check, findings=[found])))

    assert risk.score < 75
    assert risk.tier is tier
    assert (risk.floor is not None) is (tier is Tier.CRITICAL)


def test_counterfactual_of_the_lowest_tier_asks_for_nothing():
    assert counterfactual(scored(), WEIGHTS).items == ()


def test_counterfactual_names_the_fewest_things_to_close():
    findings = [
        cases.finding(rule="big", severity=Severity.HIGH),
        *(cases.finding(rule=f"r{number}", severity=Severity.LOW) for number in range(5)),
    ]
    risk = scored(results=replaced(cases.result("static", findings=findings, observations=cases.OBSERVED)))

    found = counterfactual(risk, WEIGHTS)

    assert (risk.score, risk.tier, found.tier) == (26, Tier.MODERATE, Tier.LOW)
    assert [item.label for item in found.items] == [f"high finding “A weak hash” in {cases.NODE}:7"]
    assert found.text == f"Close this one thing and the tier is low: high finding “A weak hash” in {cases.NODE}:7."


def test_counterfactual_closes_what_holds_the_floor():
    found = cases.finding("malware", "stealer")
    risk = scored(results=replaced(cases.result("malware", findings=[found])))

    advice = counterfactual(risk, WEIGHTS)

    assert (len(advice.items), advice.tier) == (1, Tier.LOW)


def test_counterfactual_says_so_when_nothing_can_be_closed():
    factor = RiskFactor("capabilities", 30, "", 30, (RiskItem("spawns", 30, closable=False),))
    advice = counterfactual(RiskScore(30, Tier.MODERATE, (factor,), "1"), WEIGHTS)

    assert (advice.items, advice.tier) == ((), None)
    assert "most of the score is for what the plugin does" in advice.text


ITEMS = st.lists(
    st.builds(
        RiskItem,
        st.just("x"),
        st.integers(0, 30),
        st.booleans(),
        st.sampled_from([None, None, None, Tier.HIGH, Tier.CRITICAL]),
    ),
    max_size=4,
)


def total(factors, closed):
    left = [[item for item in factor.items if id(item) not in closed] for factor in factors]
    return sum(min(factor.cap, sum(item.points for item in items)) for factor, items in zip(factors, left, strict=True))


def tier_after(factors, closed):
    left = [item for factor in factors for item in factor.items if id(item) not in closed]
    floor = max([Tier.LOW, *(item.floor for item in left if item.floor)], key=lambda tier: tier.rank)
    return max(WEIGHTS.tier_of(min(100, total(factors, closed))), floor, key=lambda tier: tier.rank)


def copies(items):
    """Items that are told apart by identity, as those of a score are."""
    return tuple(
        RiskItem(item.label, item.points, item.closable or item.floor is not None, item.floor) for item in items
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), ITEMS), min_size=1, max_size=3))
def test_counterfactual_is_as_small_as_trying_everything(parts):
    factors = []
    for number, (cap, items) in enumerate(parts):
        kept = copies(items)
        factors.append(RiskFactor(f"f{number}", min(cap, sum(item.points for item in kept)), "", cap, kept))
    risk = RiskScore(min(100, total(factors, set())), tier_after(factors, set()), tuple(factors), "1")
    if risk.tier is Tier.LOW:
        return
    closable = [item for factor in factors for item in factor.items if item.closable]
    sizes = [
        bits.bit_count()
        for bits in range(1 << len(closable))
        if tier_after(factors, {id(item) for at, item in enumerate(closable) if bits >> at & 1}).rank < risk.tier.rank
    ]

    advice = counterfactual(risk, WEIGHTS)

    assert (len(advice.items) or None) == min(sizes, default=None)
    if sizes:
        assert advice.tier is tier_after(factors, {id(item) for item in advice.items})
        assert advice.tier.rank < risk.tier.rank


# --- what is exploited ---


def exploited(match="affected", scope="runtime", weights=WEIGHTS, **known):
    """The score of a package with one medium finding about a dependency, and what is known of its fault."""
    advisory = MatchedAdvisory("GHSA-left", (), Severity.MEDIUM, "", (), match, **known)
    part = ComponentResult("pkg:npm/left@1.0.0", "npm", "left", "1.0.0", True, "1.0.0", scope, (advisory,))
    found = cases.finding("dependencies", "vulnerable-dependency", Severity.MEDIUM, symbol="npm:left:GHSA-left")
    results = replaced(cases.result("dependencies", findings=[found], components=(part, part)))
    everything = [*results, *(cases.result(code) for code in PURE)]
    comparison = compare_results(cases.package(), results)
    return score(package=cases.package(), results=everything, comparison=comparison, weights=weights)


def test_a_known_exploited_dependency_is_critical_whatever_the_score():
    risk = exploited(exploited_since="2026-11-03")

    assert points(risk)["dependencies"] == 3 + 10
    assert risk.tier is Tier.CRITICAL
    assert risk.floor == (
        "At least critical, whatever the score, because of a "
        "known exploited fault GHSA-left in left (since 2026-11-03)."
    )


@pytest.mark.parametrize(
    ("known", "more"),
    [
        ({"epss": 0.09, "percentile": 0.9}, 0),
        ({"epss": 0.1, "percentile": 0.92}, 2),
        ({"epss": 0.93, "percentile": 0.97}, 5),
        ({"exploited_since": "2026-11-03", "epss": 0.93, "percentile": 0.97}, 10),
        ({"exploited_since": "2026-11-03", "scope": "dev"}, 0),
    ],
)
def test_likely_exploitation_adds_points_once_a_fault(known, more):
    assert points(exploited(**known))["dependencies"] == 3 + more


def test_likely_exploitation_is_named_and_lifts_no_tier():
    risk = exploited(epss=0.93, percentile=0.97)

    assert "fault GHSA-left in left with EPSS 0.93 (97th percentile)" in risk.factors[1].reason
    assert (risk.tier, risk.floor) == (Tier.LOW, None)


def test_what_could_only_resolve_to_an_exploited_version_lifts_no_tier():
    risk = exploited(match="could-resolve", exploited_since="2026-11-03")

    assert (points(risk)["dependencies"], risk.tier) == (13, Tier.LOW)


def test_a_policy_made_before_exploitation_was_known_counts_it_all_the_same():
    document = baseline().to_dict()
    for key in ("known_exploited", "epss_high", "epss_elevated"):
        del document["risk"]["factors"]["dependencies"]["points"][key]
    del document["risk"]["floors"]["known_exploited"]
    old = PolicyRules.from_dict(document)

    assert exploited(weights=old.risk, exploited_since="2026-11-03").tier is Tier.CRITICAL
    assert points(exploited(weights=old.risk, epss=0.6, percentile=0.97))["dependencies"] == 8
    assert old.to_dict() == document


def licence(rule, severity=Severity.MEDIUM, **more):
    return cases.finding("licences", rule, severity=severity, **more)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], 0),
        ([licence("licence-denied", Severity.HIGH)], 8),
        ([licence("licence-denied", Severity.HIGH), licence("licence-denied", Severity.HIGH)], 12),
        ([licence("licence-review", Severity.LOW), licence("licence-missing")], 3),
        ([replace(licence("licence-denied", Severity.HIGH), waiver=WaiverRef("W-1", "", ""))], 0),
    ],
)
def test_licences_the_policy_does_not_allow_add_points(findings, expected):
    risk = scored(results=replaced(cases.result("licences", findings=findings)))

    assert points(risk) == {"capabilities": 6} | ({"licences": expected} if expected else {})


def test_a_policy_from_before_the_licences_factor_counts_none():
    document = baseline().to_dict()
    del document["risk"]["factors"]["licences"]
    weights = PolicyRules.from_dict(document).risk
    results = replaced(cases.result("licences", findings=[licence("licence-denied", Severity.HIGH)]))
    package = cases.package()

    risk = score(package=package, results=results, comparison=compare_results(package, results), weights=weights)

    assert "licences" not in {factor.code for factor in risk.factors}


@pytest.mark.parametrize(("severity", "expected"), [(Severity.MEDIUM, 5), (Severity.HIGH, 20)])
def test_a_finding_that_tells_of_many_counts_as_many(severity, expected):
    many = replace(cases.finding(severity=severity), count=40)

    risk = scored(results=replaced(cases.result("static", findings=[many], observations=cases.OBSERVED)))

    assert points(risk)["findings"] == expected
