"""What a verifier remembers is whole, only grows, and is believed only when undamaged."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certification.attest.publishing import signed
from certification.verify.canonical import canonical, parse
from certification.verify.errors import ProblemError, UnusableError
from certification.verify.root import read_trust_root
from certification.verify.state import Seen, check_sequence, read_state, write_state


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "state.json")


@pytest.fixture
def roots(world):
    """Versions 1 and 2 of the usual trust root, as envelopes."""
    first = world.trust_root()
    return first, signed(replace(read_trust_root(first), version=2), [world.root])


def write(path, envelope, sequence):
    write_state(path, trust_root=envelope, root=read_trust_root(envelope), status_sequence=sequence)


def test_a_missing_state_is_a_first_use(path):
    assert read_state(path) is None
    check_sequence(None, 0)


def test_state_gives_back_what_was_seen(path, roots):
    write(path, roots[0], 7)

    assert read_state(path) == Seen(roots[0], 7)
    assert sorted(found.name for found in Path(path).parent.iterdir()) == ["state.json", "state.json.lock"]


def test_state_only_grows(path, roots):
    first, second = roots
    write(path, second, 3)
    write(path, first, 9)
    write(path, first, 1)

    assert read_state(path) == Seen(second, 9)


def test_check_sequence_refuses_an_older_status_list(roots):
    check_sequence(Seen(roots[0], 7), 7)

    with pytest.raises(ProblemError, match="status list 6 is older than 7"):
        check_sequence(Seen(roots[0], 7), 6)


@pytest.mark.parametrize("data", [b"", b"{}", b"rubbish", b'{"schema":"plugwarden.state/v2","statusSequence":1}'])
def test_a_damaged_state_is_neither_used_nor_replaced(path, roots, data):
    Path(path).write_bytes(data)

    for act in (lambda: read_state(path), lambda: write(path, roots[0], 1)):
        with pytest.raises(UnusableError, match=r"the state .* is (damaged|empty)"):
            act()
    assert Path(path).read_bytes() == data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_state_with_any_byte_changed_is_refused_or_says_another_sequence(path, roots, data):
    whole = canonical({"schema": "plugwarden.state/v1", "statusSequence": 4, "trustRoot": parse(roots[0])})
    flipped = bytearray(whole)
    flipped[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    Path(path).write_bytes(flipped)

    try:
        seen = read_state(path)
    except UnusableError:
        return
    assert seen.trust_root == roots[0]


def test_the_state_of_another_installation_is_not_replaced(path, roots, stranger):
    write(path, stranger.trust_root(), 1)

    with pytest.raises(UnusableError, match=r"is of https://plugwarden\.org/verifiers"):
        write(path, roots[0], 1)


def test_state_that_cannot_be_written_is_said(path, roots, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write(path, roots[0], 1)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnusableError, match="cannot be written: No space left"):
        write(path, roots[0], 2)

    assert read_state(path) == Seen(roots[0], 1)
    assert sorted(found.name for found in Path(path).parent.iterdir()) == ["state.json", "state.json.lock"]


def test_state_keeps_the_highest_of_many_who_write_at_once(path, roots):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda sequence: write(path, roots[0], sequence), range(40)))

    assert read_state(path).status_sequence == 39
