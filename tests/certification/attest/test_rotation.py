"""Keys change without a gap: the new one is there when the old one goes, whoever dies or comes second."""

import multiprocessing
import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from certification.attest import key_changes as changes
from certification.attest import rotation
from certification.attest.ceremony import draft, lacking, merged, read_draft, sign
from certification.attest.key_folder import KeyFolder, OvertakenError, generate, read_pem
from certification.attest.keys import KeysRefusedError, ensure_keys
from certification.attest.publishing import newest_trust_root
from certification.verify.names import KeyStatus, Role
from certification.verify.root import follow, read_trust_root

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def folder(tmp_path):
    """A folder of keys, as its first start makes it."""
    ensure_keys(tmp_path / "keys", demo=False, now=NOW)
    return KeyFolder(tmp_path / "keys/production")


def ring(folder, now=NOW):
    return ensure_keys(folder.home.parent, demo=False, now=now)


def rotate(folder, role=Role.CERTIFIER, *, now=NOW, **more):
    before, made = newest_trust_root(folder)[1], generate()
    after = changes.rotated(before, role, made.public, now=now, **more)
    return rotation.put_in_force(folder, before=before, after=after, made={role: made}, now=now)


def with_roots(folder, *, add=(), remove=(), threshold=None):
    before = newest_trust_root(folder)[1]
    after = changes.with_root_keys(before, add=[key.public for key in add], remove=remove, threshold=threshold, now=NOW)
    return rotation.put_in_force(folder, before=before, after=after, made={}, now=NOW)


def test_rotation_is_picked_up_by_whoever_asks_next(folder):
    before = ring(folder)

    change = rotate(folder)

    after = ring(folder)
    assert after.certifier.keyid != before.certifier.keyid
    assert (after.log.keyid, after.status.keyid, after.feed.keyid) == (
        before.log.keyid,
        before.status.keyid,
        before.feed.keyid,
    )
    assert (after.verifier_id, after.log_origin) == (before.verifier_id, before.log_origin)
    assert [path.name for path in change.deleted] == ["certifier.pem"]
    assert [path.name for path in change.written] == [f"certifier-{after.certifier.keyid[:16]}.pem"]


def test_rotation_leaves_the_old_key_an_overlap_and_what_it_signed(folder):
    old = ring(folder).certifier.keyid

    root = rotate(folder, now=NOW + HOUR, overlap=2 * HOUR).root

    key = root.keys[old]
    assert key.status is KeyStatus.RETIRED
    assert key.within_time(NOW)
    assert key.within_time(NOW + HOUR + timedelta(minutes=119))
    assert not key.within_time(NOW + 3 * HOUR)


def test_every_rotation_can_be_followed_from_the_first_trust_root(folder):
    first = folder.trust_root(1)
    for role in Role:
        rotate(folder, role)

    newest = follow(first, folder.trust_root(5), at=NOW)

    assert newest == ring(folder).trust_root
    assert newest.version == 5


def test_rotation_renews_keys_whose_time_is_over(folder):
    late = NOW + timedelta(days=6 * 365)
    with pytest.raises(KeysRefusedError, match="expired"):
        ring(folder, late)

    for role in Role:
        rotate(folder, role, now=late)

    assert ring(folder, late).trust_root.version == 5


@pytest.mark.parametrize("lost", [Role.CERTIFIER, Role.LOG])
def test_rotation_replaces_a_lost_private_half(folder, lost):
    folder.home.joinpath(f"{lost}.pem").unlink()
    with pytest.raises(KeysRefusedError, match=rf"{lost}\.pem cannot be read: No such file.*keys rotate {lost}"):
        ring(folder)

    rotate(folder, lost)

    assert ring(folder)


def test_compromise_cuts_the_key_off_and_brings_in_another(folder):
    before, made = newest_trust_root(folder)[1], generate()
    old = ring(folder).certifier.keyid
    after = changes.compromised(before, old, log_size=7, public=made.public, now=NOW)

    rotation.put_in_force(folder, before=before, after=after, made={Role.CERTIFIER: made}, now=NOW)

    root = read_trust_root(folder.trust_root(2))
    assert (root.keys[old].status, root.keys[old].log_cutoff) == (KeyStatus.COMPROMISED, 7)
    assert ring(folder).certifier.keyid == made.keyid
    assert not folder.home.joinpath("certifier.pem").exists()


def test_a_compromised_key_can_only_be_cut_off_earlier(folder):
    old = ring(folder).certifier.keyid
    root = changes.compromised(newest_trust_root(folder)[1], old, log_size=7, public=generate().public, now=NOW)

    assert changes.compromised(root, old, log_size=3, public=None, now=NOW).keys[old].log_cutoff == 3
    for size in (7, 8):
        with pytest.raises(KeysRefusedError, match="compromised already, with log size 7"):
            changes.compromised(root, old, log_size=size, public=None, now=NOW)


def test_the_only_key_of_a_role_is_not_retired(folder):
    root = newest_trust_root(folder)[1]

    with pytest.raises(KeysRefusedError, match=r"the only active log key; use: manage\.py keys rotate log"):
        changes.retired(root, ring(folder).log.keyid, now=NOW)


def test_a_key_has_one_use_once(folder):
    root = newest_trust_root(folder)[1]

    with pytest.raises(KeysRefusedError, match="each has one use"):
        changes.rotated(root, Role.CERTIFIER, ring(folder).log.public, now=NOW)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"remove": ["f" * 64]}, "is no root key"),
        ({"threshold": 2}, "2 of 1 root keys cannot sign"),
        ({"threshold": 0}, "0 of 1 root keys cannot sign"),
        ({"add": [generate() for _ in range(8)]}, "of 9 root keys cannot sign"),
    ],
)
def test_root_keys_that_could_never_sign_are_refused(folder, more, words):
    with pytest.raises(KeysRefusedError, match=words):
        with_roots(folder, **more)


def test_a_draft_waits_until_enough_root_keys_have_signed(folder):
    one, two = generate(), generate()
    online = next(iter(newest_trust_root(folder)[1].root_keys))

    change = with_roots(folder, add=[one, two], remove=[online], threshold=2)

    assert ring(folder).trust_root.version == 1
    assert "2 more of the root keys of the new trust root must sign" in change.waits_for
    waiting = read_draft(change.draft.read_bytes())
    assert set(waiting.signatures) == {online}
    copies = [sign(waiting, [one]), sign(waiting, [two])]
    with pytest.raises(KeysRefusedError, match="1 more of the root keys of the new"):
        rotation.install(folder, copies[:1], now=NOW)
    assert rotation.install(folder, copies, now=NOW).root.version == 2
    assert not change.draft.exists()
    assert ring(folder).trust_root.threshold == 2


def test_a_rotation_with_the_root_key_elsewhere_is_signed_there(folder, tmp_path):
    folder.home.joinpath("root.pem").rename(tmp_path / "root.pem")
    old = ring(folder).certifier.keyid

    change = rotate(folder)

    assert ring(folder).certifier.keyid == old
    signed = sign(read_draft(change.draft.read_bytes()), [read_pem(tmp_path / "root.pem")])
    rotation.install(folder, [signed], now=NOW)
    assert ring(folder).certifier.keyid != old


def test_a_second_change_waits_for_the_first_draft(folder, tmp_path):
    folder.home.joinpath("root.pem").rename(tmp_path / "root.pem")
    rotate(folder)
    there = sorted(path.name for path in folder.home.iterdir())

    with pytest.raises(KeysRefusedError, match=r"waits for signatures: put it in force .* or delete it"):
        rotate(folder, Role.LOG)

    assert sorted(path.name for path in folder.home.iterdir()) == there


def test_install_refuses_what_the_root_in_force_did_not_sign(folder):
    before, stranger = newest_trust_root(folder)[1], generate()
    after = changes.with_root_keys(before, add=[stranger.public], remove=list(before.root_keys), threshold=1, now=NOW)
    forged = sign(draft(after), [stranger])

    with pytest.raises(KeysRefusedError, match="1 more of the root keys of the trust root in force"):
        rotation.install(folder, [forged], now=NOW)


def test_install_refuses_keys_nobody_here_could_sign_with(folder):
    before = newest_trust_root(folder)[1]
    after = changes.rotated(before, Role.CERTIFIER, generate().public, now=NOW)
    signed = sign(draft(after), [folder.private("root", next(iter(before.root_keys)))])

    with pytest.raises(KeysRefusedError, match="no private half of an active certifier key"):
        rotation.install(folder, [signed], now=NOW)


def test_a_draft_is_signed_by_root_keys_only(folder):
    with pytest.raises(KeysRefusedError, match="is no root key of trust root 1"):
        sign(draft(newest_trust_root(folder)[1]), [generate()])


def test_drafts_of_two_trust_roots_are_not_put_together(folder):
    root = newest_trust_root(folder)[1]
    other = changes.rotated(root, Role.LOG, generate().public, now=NOW)

    with pytest.raises(KeysRefusedError, match="different trust roots"):
        merged([draft(root), draft(other)])


@pytest.mark.parametrize("data", [b"", b"{}", b'{"payload":"","payloadType":"x","signatures":[]}', b"[]"])
def test_read_draft_refuses_anything_else(data):
    with pytest.raises(KeysRefusedError, match="no draft of a trust root"):
        read_draft(data)


def test_lacking_names_the_keys_that_have_not_signed(folder):
    root = newest_trust_root(folder)[1]
    (keyid,) = root.root_keys

    assert lacking(draft(root), None).endswith(f"those that have not: {keyid[:16]}")


def test_a_version_is_published_once(folder):
    made = generate()
    before = newest_trust_root(folder)[1]
    after = changes.rotated(before, Role.LOG, made.public, now=NOW)
    rotate(folder)

    with pytest.raises(OvertakenError, match="trust root 2 was published by somebody else"):
        rotation.put_in_force(folder, before=before, after=after, made={Role.LOG: made}, now=NOW)

    assert not folder.home.joinpath(f"log-{made.keyid[:16]}.pem").exists()


def _rotate_in_a_process(home, role, start, results):
    start.wait()
    try:
        results.put(rotate(KeyFolder(home), role).root.version)
    except KeysRefusedError as refusal:
        results.put(type(refusal).__name__)


def test_processes_that_rotate_at_once_leave_one_chain(folder):
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(4), context.Queue()
    workers = [context.Process(target=_rotate_in_a_process, args=(folder.home, role, start, results)) for role in Role]
    for worker in workers:
        worker.start()
    came_to = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()

    won = sorted(result for result in came_to if isinstance(result, int))
    assert won == list(range(2, 2 + len(won)))
    assert won
    assert {result for result in came_to if not isinstance(result, int)} <= {"OvertakenError"}
    assert ring(folder).trust_root.version == won[-1]


def _die_in(home, step):
    """Rotate in this process and be killed at a step."""
    owner, name = {
        "before the key": (KeyFolder, "add"),
        "before signing": (rotation, "root_signers"),
        "before publishing": (rotation, "publish"),
        "before tidying": (rotation, "drop_unused"),
        "while tidying": (KeyFolder, "drop"),
    }[step]
    setattr(owner, name, lambda *_args, **_more: os.kill(os.getpid(), signal.SIGKILL))
    rotate(KeyFolder(home))


@pytest.mark.parametrize(
    ("step", "version"),
    [
        ("before the key", 1),
        ("before signing", 1),
        ("before publishing", 1),
        ("before tidying", 2),
        ("while tidying", 2),
    ],
)
def test_a_rotation_killed_at_any_step_leaves_a_usable_set(folder, step, version):
    worker = multiprocessing.get_context("fork").Process(target=_die_in, args=(folder.home, step))
    worker.start()
    worker.join()

    assert worker.exitcode == -signal.SIGKILL
    assert ring(folder).trust_root.version == version
    assert rotate(folder).root.version == version + 1
    assert ring(folder).trust_root.version == version + 1


def test_a_disk_that_is_full_leaves_the_old_set(folder, monkeypatch):
    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="No space left"):
        rotate(folder)

    assert ring(folder).trust_root.version == 1
    assert sorted(path.name for path in folder.home.iterdir()) == [
        "certifier.pem", "feed.pem", "log.pem", "root.pem", "status.pem", "trust-root-1.json",
    ]  # fmt: skip


def test_keys_are_found_although_a_rotation_comes_between_root_and_key(folder, monkeypatch):
    """What a reader sees that took up the old trust root just before its key was deleted."""
    read, rotated = KeyFolder.private, []

    def late(self, name, keyid):
        if name == Role.CERTIFIER and not rotated:
            rotated.append(True)
            rotate(folder)
        return read(self, name, keyid)

    monkeypatch.setattr(KeyFolder, "private", late)

    assert ring(folder).trust_root.version == 2
