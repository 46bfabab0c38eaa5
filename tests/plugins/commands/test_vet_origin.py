"""`vet --provenance` and `--source`: what is said of the origin, in every format."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from plugins.fetching import Target
from tests.plugins.commands.cases import vet, vet_json
from tests.plugins.provenance import forge

KEY = ed25519.Ed25519PrivateKey.generate()
SAMPLE = "n8n-nodes-weather-desk"


@pytest.fixture
def package(samples):
    return samples[SAMPLE].path


@pytest.fixture
def attested(package, tmp_path, settings):
    """A statement about the sample, and the trust file that makes it count."""
    _code, document = vet_json(package)
    artifact = document["artifact"]
    repository = artifact["metadata"]["repository"].removeprefix("git+")
    settings.PROVENANCE_TRUST = tmp_path / "trust.json"
    settings.PROVENANCE_TRUST.write_bytes(forge.trust_file(keys=[forge.key_entry(KEY)]))
    statement = forge.statement(
        forge.slsa_1(repository=repository),
        name=artifact["purl"],
        digest={"sha512": hashlib.sha512(package.read_bytes()).hexdigest()},
    )
    file = tmp_path / "attestation.json"
    file.write_text(json.dumps(forge.envelope(KEY, statement)))
    return file


def check_of(document):
    return next(check for check in document["checks"] if check["code"] == "provenance")


def test_verified_origin_is_in_every_report(db, package, attested):
    _code, document = vet_json(package, "--provenance", attested)
    text = vet(package, "--provenance", attested).out
    sarif = json.loads(vet(package, "--provenance", attested, "--format", "sarif").out)

    origin = document["provenance"]
    assert (check_of(document)["status"], origin["verified"]) == ("passed", True)
    assert origin["statements"][0]["commit"] == forge.COMMIT
    assert (len(origin["trust_root"]), origin["trust_problem"]) == (64, "")
    assert "Origin  verified" in text
    assert f"    commit     {forge.COMMIT}" in text
    assert sarif["runs"][0]["properties"]["originVerified"] is True


def test_nothing_handed_in_is_told_and_changes_no_verdict(db, package):
    code, document = vet_json(package)

    assert (code, document["verdict"]) in {(0, "passed"), (3, "inconclusive")}
    assert check_of(document)["status"] == "not_applicable"
    assert document["provenance"]["verified"] is False
    assert [item["rule"] for item in document["findings"] if item["check"] == "provenance"] == ["provenance-absent"]


def test_trust_file_that_is_broken_trusts_nobody_and_says_so(db, package, attested, settings):
    settings.PROVENANCE_TRUST.write_text("{}")

    _code, document = vet_json(package, "--provenance", attested)

    assert check_of(document)["status"] == "inconclusive"
    assert document["provenance"]["trust_problem"].startswith("The trust root cannot be used.")
    assert document["provenance"]["verified"] is False


def test_package_is_its_own_source(db, package, attested):
    _code, document = vet_json(package, "--provenance", attested, "--source", package)

    source = document["provenance"]["source"]
    assert source["counts"]["identical"] == document["artifact"]["files"]
    assert sum(source["counts"].values()) == document["artifact"]["files"]


def test_files_that_are_not_there_are_bad_input(db, package, tmp_path):
    for option, code in (("--provenance", "provenance"), ("--source", "source")):
        ended, document = vet_json(package, option, tmp_path / "missing")
        assert (ended, document["error"]["code"]) == (2, code)


def test_more_files_than_any_package_has_are_refused(db, package, attested):
    ended, document = vet_json(package, *["--provenance", attested] * 9)

    assert (ended, document["error"]["code"]) == (2, "provenance")


def test_proof_that_the_registry_offered_is_judged_too(db, package, attested, monkeypatch):
    target = Target(package, package.name, (attested,))
    monkeypatch.setattr("plugins.management.commands.vet.fetch", lambda *_args, **_more: target)

    _code, document = vet_json("npm:acme@1.0.0")

    assert document["provenance"]["verified"] is True
