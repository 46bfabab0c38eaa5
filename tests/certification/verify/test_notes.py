"""Signed notes are read as C2SP's signed-note says, vectors included."""

import base64

import pytest

from certification.verify.errors import ProblemError
from certification.verify.notes import NoteKey, read_note, signers

# c2sp.org/signed-note, "Verifier keys", "Example"
SPEC_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# golang.org/x/mod/sumdb/note, its tests
GO_VKEYS = (
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
)
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
WIDE = "Peter\u2003Neumann"
UNKNOWN = "— somebody.example AAAAAAAA\n"


def key(vkey):
    """A verifier key as C2SP writes it; its parts must agree."""
    name, keyid, encoded = vkey.split("+", 2)
    kind, *public = base64.b64decode(encoded)
    found = NoteKey(name, bytes(public))
    assert (kind, found.keyid.hex()) == (1, keyid)
    return found


def signed_by(note, *vkeys):
    found = signers(read_note(note.encode(), "the note"), [key(vkey) for vkey in vkeys], "the note")
    return [each.name for each in found]


def test_the_specifications_example_holds():
    assert read_note(SPEC_NOTE.encode(), "it").text == "This is an example message.\n"
    assert signed_by(SPEC_NOTE, SPEC_VKEY) == ["example.com/foo"]


def test_gos_example_holds():
    assert signed_by(f"{GO_TEXT}\n{PETER}", *GO_VKEYS) == ["PeterNeumann"]


def test_signatures_of_unknown_keys_are_passed_over():
    assert signed_by(f"{GO_TEXT}\n{UNKNOWN}{PETER}{UNKNOWN}", *GO_VKEYS) == ["PeterNeumann"]


def test_a_key_that_signs_twice_counts_once():
    assert signed_by(f"{GO_TEXT}\n{PETER}{PETER}", *GO_VKEYS) == ["PeterNeumann"]


def test_seventeen_signatures_are_not_too_many():
    assert signed_by(f"{GO_TEXT}\n{UNKNOWN * 16}{PETER}", *GO_VKEYS) == ["PeterNeumann"]


def test_the_text_goes_to_the_last_blank_line():
    assert read_note(f"a\n\nb\n\n{UNKNOWN}".encode(), "it").text == "a\n\nb\n"


def test_a_note_of_unknown_keys_alone_is_refused():
    with pytest.raises(ProblemError, match="not signed by a key that is known"):
        signed_by(f"{GO_TEXT}\n{PETER}", SPEC_VKEY)


def test_a_known_key_under_another_name_is_unknown():
    with pytest.raises(ProblemError, match="not signed by a key that is known"):
        signed_by(f"{GO_TEXT}\n{PETER.replace('PeterNeumann', 'Peter')}", *GO_VKEYS)


def test_one_signature_of_a_known_key_that_fails_spoils_the_note():
    spoiled = PETER.replace("ZJkuBS9UG", "ZJkuBS9UH")

    with pytest.raises(ProblemError, match="altered"):
        signed_by(f"{GO_TEXT}\n{PETER}{spoiled}", *GO_VKEYS)
    with pytest.raises(ProblemError, match="altered"):
        signed_by(f"{GO_TEXT.replace('you', 'we')}\n{PETER}", *GO_VKEYS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        f"\n\n{PETER}".encode(),
        f"text\n{PETER}".encode(),
        f"text\n\n{PETER}".encode().rstrip(b"\n"),
        f"text\n\n{PETER}\n".encode(),
        f"text\r\n\n{PETER}".encode(),
        f"te\x00xt\n\n{PETER}".encode(),
        f"text\n\n{PETER}".encode("utf-16"),
        b"\xff\n\n" + PETER.encode(),
        f"text\n\n{PETER}trailing\n".encode(),
        f"text\n\n{PETER.replace('—', '-')}".encode(),
        f"text\n\n{PETER.replace('— ', '—')}".encode(),
        f"text\n\n{PETER.replace('PeterNeumann', '')}".encode(),
        f"text\n\n{PETER.replace('PeterNeumann', 'Peter+Neumann')}".encode(),
        f"text\n\n{PETER.replace('PeterNeumann', 'Peter Neumann')}".encode(),
        f"text\n\n{PETER.replace('PeterNeumann', WIDE)}".encode(),
        f"text\n\n{PETER.replace('=', '')}".encode(),
        f"text\n\n{PETER.replace('/', '_')}".encode(),
        f"text\n\n{PETER.replace('AM=', 'AN=')}".encode(),
        b"text\n\n\xe2\x80\x94 somebody.example AAAAAA==\n",
        f"text\n\n{UNKNOWN * 101}".encode(),
    ],
    ids=lambda data: repr(data[:24]),
)
def test_what_is_no_note_is_refused(data):
    with pytest.raises(ProblemError):
        read_note(data, "it")
