"""The provenance check: passed means verified, and nothing else does."""

import io
import json
import tarfile
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from governance.policies import PolicyRules, baseline
from governance.vocabulary import CheckStatus, Severity, Tier
from plugins.checks.base import Workspace
from plugins.checks.provenance import ProvenanceCheck
from plugins.counterfactual import counterfactual
from plugins.intake import intake
from plugins.origin import is_proven, origin_document
from plugins.provenance.evidence import AttestationFile, OriginEvidence, SourceArchive, Trust, source_archive
from plugins.provenance.trust import read_trust
from tests.plugins import cases
from tests.plugins.provenance import forge

KEY = ed25519.Ed25519PrivateKey.generate()
TRUST = Trust(read_trust(forge.trust_file(keys=[forge.key_entry(KEY)], sigstore=forge.instance().trusted_root())))
FILES = {
    "package.json": json.dumps(
        {"name": "acme", "version": "1.0.0", "repository": forge.REPOSITORY, "scripts": {"postinstall": "node i.js"}}
    ),
    "index.js": "module.exports = 1\n",
    "i.js": "1\n",
    "dist/built.js": "2\n",
}


def archive(path, files, top="package"):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            data = content.encode()
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def check(tmp_path):
    """Run the check on the sample package with what is handed in."""

    def run(*documents, source=None, trust=TRUST, files=FILES, fail_on=Severity.HIGH):
        path = archive(tmp_path / "acme-1.0.0.tgz", files)
        data = path.read_bytes()
        made = [document(data) if callable(document) else document for document in documents]
        origin = OriginEvidence(
            files=tuple(
                AttestationFile(f"{number}.json", one if isinstance(one, bytes) else json.dumps(one).encode())
                for number, one in enumerate(made)
            ),
            source=source if source is None or isinstance(source, SourceArchive) else source_archive(source),
            trust=trust,
        )
        with intake(path, filename=path.name, work=tmp_path / "work") as taken:
            scratch = tmp_path / "work" / "scratch"
            scratch.mkdir(exist_ok=True)
            return ProvenanceCheck().run(
                Workspace(
                    taken.package,
                    taken.artifact,
                    taken.root,
                    scratch,
                    scratch,
                    taken.unpacked,
                    fail_on=fail_on,
                    origin=origin,
                )
            )

    return run


def stated(data, **changes):
    return forge.statement(artifact=data, name="pkg:npm/acme@1.0.0", **changes)


def rules(result):
    return [(finding.rule, finding.severity.value, finding.path) for finding in result.findings]


def test_verified_statement_passes(check):
    result = check(lambda data: forge.instance().signed(stated(data)).npm())

    assert (result.status, result.examined, result.findings) == (CheckStatus.PASSED, 1, ())
    assert result.reason == (
        f"Verified: built by {forge.BUILDER} from {forge.REPOSITORY} at commit {forge.COMMIT[:12]}."
    )
    assert origin_document([result])["verified"]


def test_nothing_handed_in_is_not_applicable_and_says_so(check):
    result = check()

    assert (result.status, result.examined) == (CheckStatus.NOT_APPLICABLE, 0)
    assert rules(result) == [("provenance-absent", "info", "")]
    assert not is_proven([result])


def test_statement_without_a_trust_root_counts_as_absent_and_is_inconclusive(check):
    result = check(lambda data: forge.envelope(KEY, stated(data)), trust=Trust())

    assert result.status is CheckStatus.INCONCLUSIVE
    assert rules(result) == [("provenance-unverified", "low", "")]
    assert result.findings[0].detail == "0.json: No trust root is configured, so no signature can be verified."
    assert not is_proven([result])


def test_statement_about_another_artifact_is_a_high_finding(check):
    result = check(lambda _data: forge.envelope(KEY, stated(b"something else")))

    assert result.status is CheckStatus.FAILED
    assert rules(result) == [("provenance-mismatch", "high", "")]
    assert "it names pkg:npm/acme@1.0.0" in result.findings[0].detail


def test_one_good_statement_outweighs_others(check):
    result = check(
        lambda _data: forge.envelope(KEY, stated(b"something else")),
        b"broken",
        lambda data: forge.envelope(KEY, stated(data)),
    )

    assert (result.status, result.examined, result.findings) == (CheckStatus.PASSED, 3, ())


@pytest.mark.parametrize("damaged", [b"", b"{}", b"[[[", b"\xff" * 100])
def test_damaged_file_is_never_a_pass(check, damaged):
    result = check(damaged)

    assert result.status is CheckStatus.INCONCLUSIVE
    assert rules(result) == [("provenance-unverified", "low", "")]


# ------------------------------------------------------------------ source


def test_files_that_differ_from_the_source_are_findings_and_hooks_are_high(check, tmp_path):
    other = {**FILES, "index.js": "module.exports = 2\n", "i.js": "0\n"}
    del other["dist/built.js"]
    source = archive(tmp_path / "source.tgz", other, top="nodes-1.0.0")

    result = check(lambda data: forge.envelope(KEY, stated(data)), source=source)

    assert rules(result) == [("source-differs", "medium", "i.js"), ("source-differs", "medium", "index.js")]
    assert result.status is CheckStatus.PASSED
    assert (
        "Files against the source: 1 the same, 2 different, 0 only in the package, 1 built or packed." in result.reason
    )
    assert origin_document([result])["source"]["files"]["built"] == ["dist/built.js"]


def test_install_hook_that_is_not_the_sources_is_high(check, tmp_path):
    source = archive(tmp_path / "source.tgz", {**FILES, "package.json": FILES["package.json"].replace("i.js", "j.js")})

    result = check(source=source)

    assert ("source-differs", "high", "package.json") in rules(result)
    assert result.status is CheckStatus.FAILED


def test_code_that_the_source_does_not_hold_is_told(check, tmp_path):
    source = archive(tmp_path / "source.tgz", {name: FILES[name] for name in ("package.json", "index.js")})

    result = check(lambda data: forge.envelope(KEY, stated(data)), source=source)

    assert rules(result) == [("source-lacks", "low", "i.js")]


def test_equal_source_alone_proves_no_origin(check, tmp_path):
    result = check(source=archive(tmp_path / "source.tgz", FILES))

    assert result.status is CheckStatus.NOT_APPLICABLE
    assert result.examined == 4
    assert rules(result) == [("provenance-absent", "info", "")]


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08broken"])
def test_source_that_cannot_be_read_leaves_it_inconclusive(check, tmp_path, content):
    source = tmp_path / "source.tgz"
    source.write_bytes(content)

    result = check(lambda data: forge.envelope(KEY, stated(data)), source=source)

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "The source archive cannot be read." in result.reason
    assert is_proven([result])


def test_source_that_was_exchanged_meanwhile_is_not_used(check, tmp_path):
    taken = source_archive(archive(tmp_path / "source.tgz", FILES))

    result = check(source=replace(taken, sha256="0" * 64))

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "not the one that was handed in" in result.reason


# ------------------------------------------------------------------ what follows from it


def test_kept_result_rests_on_statements_source_and_trust(tmp_path):
    def basis(**changes):
        origin = OriginEvidence(**{"files": (AttestationFile("a", b"1"),), "trust": TRUST, **changes})
        return ProvenanceCheck().basis(replace(cases.workspace(cases.package()), origin=origin))

    source = source_archive(archive(tmp_path / "source.tgz", FILES))
    bases = [
        basis(),
        basis(files=()),
        basis(files=(AttestationFile("a", b"2"),)),
        basis(trust=Trust()),
        basis(trust=Trust(problem="broken")),
        basis(source=source),
    ]

    assert len(set(bases)) == len(bases)
    assert basis() == basis()


def absent():
    return replace(ProvenanceCheck().run(cases.workspace(cases.package())), duration_ms=1)


def test_no_provenance_is_a_factor_of_the_risk_and_the_advice_names_it():
    proven, _ = cases.vetted(cases.package(), cases.clean_results(), baseline().risk)
    without, facts = cases.vetted(cases.package(), cases.with_result(cases.clean_results(), absent()), baseline().risk)

    points = [next(factor for factor in risk.factors if factor.code == "provenance") for risk in (without, proven)]
    factor = points[0]
    assert [one.points for one in points] == [3, 0]
    assert factor.reason == "Where it comes from: no verified statement proves the origin."
    assert without.score - proven.score == 3
    assert facts["provenance"] == {"verified": False}
    edge = replace(baseline().risk, thresholds={**baseline().risk.thresholds, Tier.MODERATE: without.score})
    scored, _ = cases.vetted(cases.package(), cases.with_result(cases.clean_results(), absent()), edge)
    assert "no verified statement proves the origin" in counterfactual(scored, edge).text


def test_policy_without_the_factor_still_loads_and_scores():
    document = baseline().to_dict()
    del document["risk"]["factors"]["provenance"], document["checks"]["provenance"]
    document["criteria"] = [rule for rule in document["criteria"] if rule.get("check") != "provenance"]
    old = PolicyRules.from_dict(document)

    risk, _ = cases.vetted(cases.package(), cases.with_result(cases.clean_results(), absent()), old.risk)

    assert "provenance" not in {factor.code for factor in risk.factors}
    assert old.to_dict() == document


def test_unproven_findings_are_counted_once_and_others_with_the_findings():
    mismatch = cases.result(
        "provenance", CheckStatus.FAILED, [cases.finding("provenance", "provenance-mismatch", Severity.HIGH)]
    )
    unverified = cases.result(
        "provenance", CheckStatus.INCONCLUSIVE, [cases.finding("provenance", "provenance-unverified", Severity.LOW)]
    )

    points = {}
    for name, result in (("mismatch", mismatch), ("unverified", unverified)):
        risk, _ = cases.vetted(cases.package(), cases.with_result(cases.clean_results(), result), baseline().risk)
        points[name] = {factor.code: factor.points for factor in risk.factors}

    assert (points["mismatch"]["findings"], points["mismatch"]["provenance"]) == (15, 3)
    assert (points["unverified"]["findings"], points["unverified"]["provenance"]) == (0, 3)
    assert points["unverified"]["missing_evidence"] == points["mismatch"]["missing_evidence"]


def test_required_check_without_a_result_counts_in_full():
    weights = replace(baseline().risk, required_checks=baseline().risk.required_checks | {"provenance"})
    broken = cases.result("provenance", CheckStatus.INCONCLUSIVE)

    risk, _ = cases.vetted(cases.package(), cases.with_result(cases.clean_results(), broken), weights)

    assert "the check provenance gave no result" in {item.label for factor in risk.factors for item in factor.items}


def test_facts_hold_what_is_verified_alone():
    _, proven = cases.vetted(cases.package(), cases.clean_results(), baseline().risk)
    forged = {**cases.PROVEN, "verified": False}
    unverified = cases.result("provenance", evidence={"statements": [forged], "source": None})
    _, claimed = cases.vetted(cases.package(), cases.with_result(cases.clean_results(), unverified), baseline().risk)
    errored = cases.result("provenance", CheckStatus.ERRORED, evidence={"statements": [cases.PROVEN]})
    _, broken = cases.vetted(cases.package(), cases.with_result(cases.clean_results(), errored), baseline().risk)

    assert proven["provenance"]["repository"] == cases.PROVEN["repository"]
    assert claimed["provenance"] == {"verified": False}
    assert broken["provenance"] == {}
