"""Sigstore's keyless signatures: good ones count, and each thing that may be wrong is refused with its reason."""

import base64
import copy
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from plugins.provenance.judge import judge
from plugins.provenance.statements import PYPI_PUBLISH
from plugins.provenance.trust import read_trust
from tests.plugins.provenance import forge
from tests.plugins.provenance.forge import NOW, b64, instance
from tests.plugins.provenance.judging import artifact, judged, refused, root

DAY = timedelta(days=1)


@pytest.mark.parametrize("kind", ["dsse", "intoto", "hashedrekord"])
@pytest.mark.parametrize("form", ["bundle", "npm", "attestation", "provenance"])
def test_statement_is_verified_in_every_form_and_by_every_kind_of_entry(kind, form):
    found = judged(getattr(instance().signed(kind=kind), form)())

    assert found.verified, found.reason
    assert (found.repository, found.commit, found.ref) == (forge.REPOSITORY, forge.COMMIT, forge.REF)
    assert (found.builder, found.workflow) == (forge.BUILDER, forge.WORKFLOW)
    assert (found.signer, found.issuer, found.log_index) == (forge.WORKFLOW, forge.ISSUER, 1003)
    assert found.signed_at == "2026-11-20T12:00:00+00:00"


def test_statement_of_the_first_bundle_form_needs_no_inclusion_proof_but_later_ones_do():
    made = instance().signed(kind="intoto", proof=False)

    assert judged(made.bundle("0.1")).verified
    for document in (made.bundle("0.2"), made.bundle("0.3"), made.attestation()):
        assert refused(document) == "There is no proof that the log includes the entry."


def test_old_slsa_and_old_statement_are_read():
    document = forge.statement(forge.slsa_0_2(), kind="https://in-toto.io/Statement/v0.1")

    found = judged(instance().signed(document).bundle())

    assert found.verified, found.reason
    assert (found.builder, found.commit) == ("https://github.com/npm/cli@9.2.0", forge.COMMIT)


def test_pypis_publication_takes_everything_from_the_certificate():
    document = forge.statement((PYPI_PUBLISH, None))

    found = judged(instance().signed(document).attestation())

    assert found.verified, found.reason
    assert (found.builder, found.repository, found.commit) == (forge.WORKFLOW, forge.REPOSITORY, forge.COMMIT)


# ------------------------------------------------------------------ every field in turn


def leaves(value, at=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*at, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*at, number))
    else:
        yield at


def put(document, at, change):
    changed = copy.deepcopy(document)
    place = changed
    for key in at[:-1]:
        place = place[key]
    change(place, at[-1])
    return changed


def alter(place, key):
    value = place[key]
    if isinstance(value, int):
        place[key] = value + 1
        return
    if isinstance(value, str) and value.isdecimal():
        place[key] = str(int(value) + 1)
        return
    try:
        data = bytearray(base64.b64decode(value, validate=True))
        data[len(data) // 2] ^= 1
        place[key] = b64(bytes(data))
    except (ValueError, IndexError):
        middle = len(value) // 2
        place[key] = f"{value[:middle]}{'y' if value[middle : middle + 1] == 'x' else 'x'}{value[middle + 1 :]}"


def drop(place, key):
    del place[key]


HARMLESS = frozenset({("dsseEnvelope", "signatures", 0, "keyid")})
"""A hint that nothing is decided by."""


@pytest.mark.parametrize("change", [alter, drop])
@pytest.mark.parametrize("kind", ["dsse", "intoto", "hashedrekord"])
@pytest.mark.parametrize("form", ["bundle", "attestation"])
def test_no_field_can_be_altered_or_left_out(kind, form, change):
    document = getattr(instance().signed(kind=kind), form)()
    places = set(leaves(document)) - HARMLESS
    passed = []

    for at in places:
        found = judge("x", json.dumps(put(document, at, change)).encode(), artifact(), root())
        if any(one.verified for one in found):
            passed.append(at)

    assert len(places) > 15
    assert passed == []


def test_key_id_is_a_hint_and_decides_nothing():
    document = instance().signed().bundle()

    assert judged(put(document, ("dsseEnvelope", "signatures", 0, "keyid"), alter)).verified


# ------------------------------------------------------------------ the artifact


def test_statement_about_another_artifact_is_not_about_this_one():
    found = judged(instance().signed().bundle(), data=b"other bytes")

    assert (found.verified, found.about) == (False, False)
    assert found.reason == "It is about another artifact: none of its digests is this one's."


def test_subject_with_one_right_and_one_wrong_digest_is_not_this_artifact():
    right = forge.statement()["subject"][0]["digest"]["sha512"]
    document = forge.statement(digest={"sha512": right, "sha256": "0" * 64})

    assert judged(instance().signed(document).bundle()).about is False


@pytest.mark.parametrize("weak", [{"md5": "0" * 32}, {"sha1": "0" * 40}, {}])
def test_subject_without_a_binding_digest_is_about_nothing(weak):
    assert judged(instance().signed(forge.statement(digest=weak)).bundle()).about is False


def test_one_of_several_subjects_is_enough():
    document = forge.statement()
    document["subject"].insert(0, {"name": "other", "digest": {"sha256": "1" * 64}})

    assert judged(instance().signed(document).bundle()).verified


@pytest.mark.parametrize(
    ("purl", "name"),
    [
        ("pkg:npm/n8n-nodes-acme@1.4.0", "pkg:npm/n8n-nodes-acme@1.4.1"),
        ("pkg:npm/n8n-nodes-acme@1.4.0", "pkg:npm/%40acme/n8n-nodes-acme@1.4.0"),
        ("pkg:npm/n8n-nodes-acme@1.4.0", "pkg:pypi/n8n-nodes-acme@1.4.0"),
        ("pkg:npm/n8n-nodes-acme@1.4.0", "pkg:"),
        ("pkg:pypi/acme-plugin@1.0", "acme_plugin-1.1-py3-none-any.whl"),
        ("pkg:pypi/acme-plugin@1.0", "other-1.0.tar.gz"),
        ("pkg:pypi/acme-plugin@1.0", "broken.whl"),
    ],
)
def test_the_same_bytes_under_another_name_are_not_this_package(purl, name):
    reason = refused(instance().signed(forge.statement(name=name)).bundle(), purl=purl)

    assert reason == "It names another package than the one in this artifact."


@pytest.mark.parametrize(
    ("purl", "name"),
    [
        ("pkg:npm/%40acme/n8n-nodes-acme@1.4.0", "pkg:npm/%40acme/n8n-nodes-acme@1.4.0"),
        ("pkg:pypi/acme-plugin@1.0", "Acme_Plugin-1.0-py3-none-any.whl"),
        ("pkg:pypi/acme-plugin@1.0", "acme_plugin-1.0.0.tar.gz"),
        ("pkg:npm/n8n-nodes-acme@1.4.0", "dist/package.tgz"),
    ],
)
def test_names_that_are_those_of_the_package_pass(purl, name):
    assert judged(instance().signed(forge.statement(name=name)).bundle(), purl=purl).verified


# ------------------------------------------------------------------ the repository and the signer


def test_repository_has_to_be_the_one_the_manifest_names():
    document = instance().signed().bundle()

    assert judged(document, repository="git+ssh://git@github.com/Acme/Nodes.git").verified
    assert refused(document, repository="https://github.com/acme/other") == (
        "It is about another repository than the one the package's manifest names."
    )
    assert refused(document, repository="") == (
        "The package's manifest names no repository that it could be held against."
    )


def test_statement_cannot_speak_of_another_repository_or_commit_than_the_certificate():
    other = forge.statement(forge.slsa_1(repository="https://github.com/evil/nodes"))
    assert refused(instance().signed(other).bundle(), repository="https://github.com/evil/nodes") == (
        "It speaks of another repository than the certificate of its signer."
    )
    assert refused(instance().signed(forge.statement(forge.slsa_1(commit="0" * 40))).bundle()) == (
        "It speaks of another commit than the certificate of its signer."
    )


def test_certificate_of_a_stranger_proves_nothing_about_the_repository():
    stranger = {8: forge.ISSUER, 12: "https://github.com/evil/nodes", 13: "0" * 40}
    made = instance().signed(
        forge.statement((PYPI_PUBLISH, None)),
        fields=stranger,
        old={5: "evil/nodes", 3: "0" * 40},
    )

    assert refused(made.attestation()) == "It is about another repository than the one the package's manifest names."


def test_person_is_no_build():
    nobody = {5: "", 3: "", 6: ""}
    made = instance().signed(
        names=[x509.RFC822Name("mallory@example.com")],
        old=nobody,
        fields=dict.fromkeys((9, 12, 13, 14, 18), ""),
    )

    assert refused(made.bundle()) == (
        "It is signed by a person or program without a repository, not by a build of one."
    )


@pytest.mark.parametrize(
    "old",
    [{5: "evil/nodes"}, {1: "https://gitlab.com"}, {3: "0" * 40}, {6: "refs/heads/main"}],
    ids=str,
)
def test_certificate_that_contradicts_itself_is_refused(old):
    assert "contradicts itself" in refused(instance().signed(old=old).bundle())


def test_signature_of_somebody_else_is_refused_even_where_the_log_took_it_in():
    made = instance().signed()
    wrong = forge.sign(ec.generate_private_key(ec.SECP256R1()), forge.pae(made.payload))
    body, version = forge.log_body("dsse", made.payload, wrong, x509.load_der_x509_certificate(made.certificate))

    assert refused(replace(made, signature=wrong, entry=instance().entry(body, "dsse", version)).bundle()) == (
        "The signature is not that of the certificate."
    )


@pytest.mark.parametrize("place", ["rootHash", "hashes"])
def test_hash_of_another_length_is_none(place):
    bundle = instance().signed().bundle()
    proof = bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    short = b64(base64.b64decode(proof["rootHash"])[:31])
    proof[place] = short if place == "rootHash" else [short, *proof["hashes"][1:]]

    (found,) = judge("x", json.dumps(bundle).encode(), artifact(), root())

    assert found.reason.endswith("is no SHA-256.")


def test_identities_of_the_trust_file_decide_who_may_speak():
    sigstore = instance().trusted_root()
    rule = {"repository": "https://github.com/acme/*", "issuer": forge.ISSUER}
    document = instance().signed().bundle()

    def trust(**changes):
        return read_trust(forge.trust_file(sigstore=sigstore, identities=[rule | changes]))

    assert judged(document, trust=trust()).verified
    assert judged(document, trust=trust(), repository="").verified
    assert judged(document, trust=trust(builders=[forge.BUILDER])).verified
    denied = "The trust file does not let its signer speak about this repository."
    assert refused(document, trust=trust(repository="https://github.com/other/*")) == denied
    assert refused(document, trust=trust(issuer="https://gitlab.com")) == denied
    assert refused(document, trust=trust(builders=["https://ci.acme.example/*"])) == denied


# ------------------------------------------------------------------ certificate and log


def test_certificate_of_another_authority_is_refused():
    other = forge.Instance()
    made = instance().signed(certificate=lambda _one, key: other.certificate(key))

    assert refused(made.bundle()) == "The certificate does not come from a trusted authority."


@pytest.mark.parametrize("start", [NOW - timedelta(minutes=11), NOW + timedelta(minutes=1)])
def test_certificate_has_to_be_valid_when_the_log_took_the_statement_in(start):
    assert refused(instance().signed(start=start).bundle()) == (
        "The certificate was not valid when the log took the statement in."
    )


def test_certificate_has_to_be_meant_for_code_and_to_be_public():
    assert refused(instance().signed(code=False).bundle()) == "The certificate is not meant for signing code."
    assert refused(instance().signed(public=False).bundle()) == (
        "The certificate was not made public in a certificate log."
    )


def test_promise_of_an_unknown_certificate_log_is_refused():
    other = replace(instance(), certificate_log=ec.generate_private_key(ec.SECP256R1()))
    trust = read_trust(
        json.dumps(
            other.trusted_root(certificateAuthorities=instance().trusted_root()["certificateAuthorities"])
        ).encode()
    )

    assert refused(instance().signed().bundle(), trust=trust) == (
        "No certificate log that is trusted here has seen the certificate."
    )


def test_statement_without_a_log_entry_or_with_two_is_refused():
    made = instance().signed()
    none, two = made.bundle(), made.bundle()
    none["verificationMaterial"]["tlogEntries"] = []
    two["verificationMaterial"]["tlogEntries"] *= 2

    assert refused(none) == "There is no entry of a transparency log."
    assert refused(two) == "There is more than one log entry."


def test_entry_of_a_log_that_is_not_trusted_is_refused():
    made, other = instance().signed(), forge.Instance()
    body = json.loads(base64.b64decode(made.entry["canonicalizedBody"]))

    assert refused(replace(made, entry=other.entry(body, "dsse", "0.0.1")).bundle()) == (
        "The entry is of a transparency log that is not trusted here."
    )


def test_time_that_the_log_did_not_sign_is_none():
    made = instance().signed()
    del made.entry["inclusionPromise"]

    assert refused(made.bundle()) == "The log entry has no time that the log signed."


def test_a_time_that_only_an_authority_stamped_is_named_and_counts_as_none():
    made = instance().signed()
    del made.entry["inclusionPromise"]
    bundle = made.bundle()
    bundle["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": "AAAA"}]}

    assert refused(bundle) == "Only an RFC 3161 timestamp says when it was signed, and those are not read here."


@pytest.mark.parametrize("kind", ["dsse", "hashedrekord"])
def test_an_entry_of_rekor_v2_is_named_and_counts_as_none(kind):
    made = instance().signed()
    made.entry["kindVersion"] = {"kind": kind, "version": "0.0.2"}

    assert refused(made.bundle()) == f"The log entry is of Rekor v2 ({kind} 0.0.2), which is not read here."


def test_entry_of_another_statement_signature_or_signer_cannot_be_swapped_in():
    """CVE-2022-36056: a real entry of something else beside a forged statement."""
    first, second = instance().signed(), instance().signed(forge.statement(forge.slsa_1(ref="refs/heads/main")))
    same = instance().signed()

    assert refused(replace(first, entry=second.entry).bundle()) == "The log entry is of another statement."
    assert refused(replace(first, entry=same.entry).bundle()) == "The log entry is of another signature."
    body, version = forge.log_body(
        "dsse", first.payload, first.signature, x509.load_der_x509_certificate(same.certificate)
    )
    swapped = instance().entry(body, "dsse", version)
    assert refused(replace(first, entry=swapped).bundle()) == "The log entry is of another signer."


def test_log_entry_of_an_unknown_kind_is_refused():
    made = instance().signed()
    body = json.loads(base64.b64decode(made.entry["canonicalizedBody"]))

    for kind, version in (("dsse", "0.0.3"), ("rfc3161", "0.0.1"), ("intoto", "0.0.1")):
        entry = instance().entry(body, kind, version)
        assert refused(replace(made, entry=entry).bundle()) == "The log entry is of a kind that is not known here."


def test_authorities_and_logs_count_only_in_their_time():
    late = {"start": (NOW + DAY).isoformat()}
    sigstore = instance().trusted_root()
    authority = copy.deepcopy(sigstore)
    authority["certificateAuthorities"][0]["validFor"] = late
    log = copy.deepcopy(sigstore)
    log["tlogs"][0]["publicKey"]["validFor"] = late

    document = instance().signed().bundle()

    assert refused(document, trust=read_trust(json.dumps(authority).encode())) == (
        "No certificate authority that was in use then is trusted here."
    )
    assert refused(document, trust=read_trust(json.dumps(log).encode())) == (
        "The log's signed entry timestamp is not valid."
    )


def test_without_a_trust_root_nothing_is_verified():
    (found,) = judge("x", json.dumps(instance().signed().bundle()).encode(), artifact(), None)

    assert (found.verified, found.about) == (False, True)
    assert found.reason == "No trust root is configured, so no signature can be verified."


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 0), (2, 1), (3, 2), (7, 6), (8, 0), (9, 8), (13, 5), (64, 63)])
def test_inclusion_proof_of_every_shape_of_tree_is_followed(size, index):
    made = instance().signed()
    body = json.loads(base64.b64decode(made.entry["canonicalizedBody"]))
    entry = instance().entry(body, "dsse", "0.0.1", others=size - 1, index=index)

    assert judged(replace(made, entry=entry).bundle()).verified


def test_inclusion_proof_with_a_hash_too_many_or_too_few_is_refused():
    made = instance().signed()
    hashes = made.entry["inclusionProof"]["hashes"]

    for wrong in (hashes[:-1], [*hashes, hashes[0]], []):
        made.entry["inclusionProof"]["hashes"] = wrong
        assert refused(made.bundle()) == "The inclusion proof has not as many hashes as its place needs."
