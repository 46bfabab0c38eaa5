"""Signed notes as C2SP specifies them."""

import base64
import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger.tlog.checkpoints import Checkpoint
from governance.ledger.tlog.notes import (
    COSIGNATURE,
    Note,
    NoteError,
    Signature,
    VerifierKey,
    cosign,
    cosigned_at,
    sign,
)
from governance.ledger.tlog.proofs import Proof
from tests.support.log_keys import LogKey

# Published: the verifier key in C2SP's signed-note.md, and Go's golang.org/x/mod/sumdb/note examples with their key.
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
TEXT = "example.com/log\n7\n" + base64.b64encode(bytes(32)).decode() + "\n"


def test_the_published_key_reads_and_writes():
    key = VerifierKey.parse(FOO)

    assert (key.name, key.id.hex(), key.vkey) == ("example.com/foo", "530d903a", FOO)


def test_the_published_note_verifies_and_no_other_text_does():
    note = Note.parse(PETERS)
    key = VerifierKey.parse(PETER)

    assert [signature.name for signature in note.verified([key])] == ["PeterNeumann"]
    assert note.encode() == PETERS
    with pytest.raises(NoteError, match="does not fit"):
        Note.parse(PETERS.replace(b"answer", b"ANSWER")).verified([key])


@pytest.mark.parametrize(
    ("vkey", "message"),
    [
        ("", "verifier key"),
        ("example.com/foo+530d903a", "verifier key"),
        (FOO.replace("530d903a", "530d903b"), "id of its key"),
        (FOO.replace("530d903a", "530D903A"), "id of its key"),
        (FOO.replace("example.com/foo", "example.com/fo"), "id of its key"),
        (FOO.replace("example.com/foo", "example com"), "name of a key"),
        (FOO[:-4], "verifier key"),
        (FOO.replace("+Aeky", "+Beky"), "32 bytes"),
        (FOO + "\n", "base64"),
    ],
)
def test_what_is_no_key_is_refused(vkey, message):
    with pytest.raises(NoteError, match=message):
        VerifierKey.parse(vkey)


def test_a_text_may_have_blank_lines_the_last_one_ends_it():
    key = LogKey("example.com/log")

    note = sign("one\n\ntwo\n", key)

    assert note.encode().startswith("one\n\ntwo\n\n\u2014 example.com/log ".encode())
    assert Note.parse(note.encode()) == note
    assert note.verified([key.verifier])


def test_unknown_keys_are_passed_over_even_with_a_known_name_or_id():
    key, other = LogKey("example.com/log"), LogKey("example.com/other")
    good = sign(TEXT, key).signatures[0]
    same_name = Signature(key.name, b"\0\0\0\0", b"x" * 64)
    same_id = Signature("example.com/third", good.id, b"x" * 64)

    found = Note(TEXT, (same_name, same_id, good, *sign(TEXT, other).signatures)).verified([key.verifier])

    assert found == (good,)


def test_a_known_keys_bad_signature_refuses_the_whole_note():
    key, other = LogKey("example.com/log"), LogKey("example.com/other")
    bad = Signature(other.name, other.verifier.id, bytes(64))

    with pytest.raises(NoteError, match=r"example\.com/other does not fit"):
        Note(TEXT, (*sign(TEXT, key).signatures, bad)).verified([key.verifier, other.verifier])


def test_a_note_nobody_known_signed_is_refused():
    with pytest.raises(NoteError, match="no key that is known"):
        sign(TEXT, LogKey("example.com/log")).verified([LogKey("example.com/log").verifier])


LINE = "\u2014 a AAAAAAA=\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no signed note"),
        (b"text\n", "no signed note"),
        (b"text\n\n", "no signed note"),
        (f"text\n\n{LINE}".encode()[:-1], "no signed note"),
        (f"\n\n{LINE}".encode(), "no signed note"),
        (f"text\n{LINE}".encode(), "no signed note"),
        (b"te\xffxt\n\n" + LINE.encode(), "UTF-8"),
        (f"te\rxt\n\n{LINE}".encode(), "control"),
        (f"te\0xt\n\n{LINE}".encode(), "control"),
        (b"text\n\n- a AAAAAAA=\n", "no signature"),
        ("text\n\n\u2014  AAAAAAA=\n".encode(), "name of a key"),
        ("text\n\n\u2014 a+b AAAAAAA=\n".encode(), "name of a key"),
        ("text\n\n\u2014 a\u00a0b AAAAAAA=\n".encode(), "name of a key"),
        ("text\n\n\u2014 a AAAAAA==\n".encode(), "too short"),
        ("text\n\n\u2014 a AAAAAAB=\n".encode(), "only form"),
        ("text\n\n\u2014 a AAAAAA_=\n".encode(), "base64"),
        ("text\n\n\u2014 a AAAAAAA= \n".encode(), "base64"),
        (f"text\n\n{LINE * 101}".encode(), "more than 100"),
        (b"x" * 1_000_001, "larger"),
    ],
)
def test_what_is_no_note_is_refused(data, message):
    with pytest.raises(NoteError, match=message):
        Note.parse(data)


def test_sixteen_signatures_are_accepted():
    keys = [LogKey(f"example.com/{number}") for number in range(16)]
    note = Note(TEXT, tuple(sign(TEXT, key).signatures[0] for key in keys))

    assert len(Note.parse(note.encode()).verified([key.verifier for key in keys])) == 16


@pytest.mark.parametrize("text", ["", "no newline", "a\rb\n", "a\tb\n"])
def test_a_text_no_note_can_have_is_not_signed(text):
    with pytest.raises(NoteError):
        sign(text, LogKey("example.com/log"))


def test_a_witness_signs_the_text_and_the_time():
    log, witness = LogKey("example.com/log"), LogKey("witness.example/w1", COSIGNATURE)
    note = sign(TEXT, log)
    cosigned = Note(TEXT, (*note.signatures, cosign(TEXT, witness, 1_679_315_147)))

    good = cosigned.verified([log.verifier, witness.verifier])
    blob = good[1].blob

    assert (good[1].name, len(blob), cosigned_at(blob)) == ("witness.example/w1", 72, 1_679_315_147)
    for bad in (blob[:7] + b"\0" + blob[8:], blob[:-1], b"\xff" + blob[1:]):
        with pytest.raises(NoteError, match="does not fit"):
            Note(TEXT, (Signature(good[1].name, good[1].id, bad),)).verified([witness.verifier])


def test_a_key_that_signs_notes_is_no_witness():
    private = Ed25519PrivateKey.generate()
    author, witness = LogKey("a", private=private), LogKey("a", COSIGNATURE, private=private)

    assert author.verifier.id != witness.verifier.id
    with pytest.raises(NoteError, match="no key that is known"):
        sign(TEXT, author).verified([witness.verifier])


def test_a_checkpoint_reads_and_writes_with_lines_we_do_not_know():
    text = TEXT + "something more\n"

    assert Checkpoint.parse(text) == Checkpoint("example.com/log", 7, bytes(32), ("something more",))
    assert Checkpoint.parse(text).text == text


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        ("\n7\n", "\n07\n", "no size"),
        ("\n7\n", "\n-7\n", "no size"),
        ("\n7\n", "\n\u0667\n", "no size"),
        ("\n7\n", "\n9223372036854775808\n", "no size"),
        ("\n7\n", "\n\n", "empty"),
        ("AAA=\n", "AAA=", "three lines"),
        ("AAA=\n", "AAB=\n", "32 bytes"),
        ("AAA=\n", "AA==\n", "base64"),
        ("AAAA", "AAA-", "base64"),
        ("example.com/log", "example com", "name of a key"),
    ],
)
def test_what_is_no_checkpoint_is_refused(was, becomes, message):
    with pytest.raises(NoteError, match=message):
        Checkpoint.parse(TEXT.replace(was, becomes, 1))


def test_a_proof_reads_and_writes_and_extra_data_is_left_out():
    note = sign(TEXT, LogKey("example.com/log"))
    proof = Proof(3, (bytes(32), b"\1" * 32), note)
    data = proof.encode()

    assert data.splitlines()[:2] == [b"c2sp.org/tlog-proof@v1", b"index 3"]
    assert Proof.parse(data) == proof
    assert Proof.parse(data.replace(b"index", b"extra AAAA\nindex")) == proof
    assert Proof.parse(Proof(0, (), note).encode()) == Proof(0, (), note)


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        (b"@v1", b"@v2", "begin with"),
        (b"index 3", b"index 03", "no size or index"),
        (b"index 3", b"index", "names no index"),
        (b"index 3\n", b"", "names no index"),
        (b"index 3\n", b"index 3\n" + (b"A" * 43 + b"=\n") * 64, "too many"),
        (b"index 3\n", b"index 3\nxyz\n", "hash"),
        (b"\n\n", b"\n", "names no index|begin|no signed note|base64|ASCII"),
        (b"index", b"ind\xc3\xa9x", "ASCII"),
    ],
)
def test_what_is_no_proof_is_refused(was, becomes, message):
    data = Proof(3, (bytes(32),), sign(TEXT, LogKey("example.com/log"))).encode()

    with pytest.raises(NoteError, match=message):
        Proof.parse(data.replace(was, becomes, 1))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_note_or_refused(data):
    with contextlib.suppress(NoteError):
        assert Note.parse(data).encode() == data
