"""Attestations of real packages, verified with Sigstore's real trust root. Sources are named in `real/README.md`."""

import hashlib
import json
from pathlib import Path

import pytest

from plugins.fetching import fetch
from plugins.provenance.evidence import trust_from
from plugins.provenance.judge import Artifact, judge

REAL = Path(__file__).parent / "real"
ROOT = trust_from(REAL / "trusted_root.json")
NPM = Artifact(
    sha256="0" * 64,
    sha512="282c0c5fa936d264321643581b65d3de5c0af6ed4fdfac12f5851115df39cc25"
    "cfaf0ad22d908487bfef30114d61c25746206d1834be4f8fd1659178f77cc004",
    purl="pkg:npm/sigstore@0.4.0",
    repository="git+https://github.com/sigstore/sigstore-js.git",
)
PYPI = Artifact(
    sha256="ee60fdc9236fd6709271ad53b44027461360c3fde155d2af15482e4c451ff865",
    sha512="0" * 128,
    purl="pkg:pypi/sigstore@3.6.1",
    repository="https://github.com/sigstore/sigstore-python",
)


def test_provenance_that_npm_serves_is_verified():
    built, published = judge("npm", (REAL / "npm-sigstore-0.4.0.json").read_bytes(), NPM, ROOT.root)

    assert built.verified, built.reason
    assert built.repository == "https://github.com/sigstore/sigstore-js"
    assert built.commit == "8a2ee2fd20dda58ffa4a8d808a65cb1e04711c03"
    assert built.builder == "https://github.com/npm/cli@9.2.0"
    assert built.signed_at == "2023-01-11T17:31:52+00:00"
    assert (published.verified, published.about) == (False, True)
    assert published.reason == "It says who published the package, not who built it."


def test_provenance_that_pypi_serves_is_verified():
    (found,) = judge("pypi", (REAL / "sigstore-3.6.1.tar.gz.provenance").read_bytes(), PYPI, ROOT.root)

    assert found.verified, found.reason
    assert found.commit == "896cfe13105495e6dc6f8faf23e1007da35edeeb"
    assert found.workflow.endswith("/.github/workflows/release.yml@refs/tags/v3.6.1")


def test_real_provenance_is_of_no_other_file():
    other = Artifact("1" * 64, "1" * 128, PYPI.purl, PYPI.repository)

    (found,) = judge("pypi", (REAL / "sigstore-3.6.1.tar.gz.provenance").read_bytes(), other, ROOT.root)

    assert (found.verified, found.about) == (False, False)


@pytest.mark.real
def test_the_bytes_that_npm_serves_today_are_those_of_the_statement(tmp_path):
    data = fetch("npm:sigstore@0.4.0", into=tmp_path).path.read_bytes()

    assert hashlib.sha512(data).hexdigest() == NPM.sha512


def test_every_word_of_real_provenance_is_bound():
    document = json.loads((REAL / "npm-sigstore-0.4.0.json").read_text())
    document["attestations"] = document["attestations"][:1]
    bundle = document["attestations"][0]["bundle"]
    bundle["dsseEnvelope"]["payload"] = bundle["dsseEnvelope"]["payload"].replace("IjI4MmMw", "IjI4MmMx")

    (found,) = judge("npm", json.dumps(document).encode(), NPM, ROOT.root)

    assert not found.verified
