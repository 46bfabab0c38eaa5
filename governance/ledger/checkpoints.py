"""Sign what the tree is, keep it outside, and prove that a leaf is in it.

A log must never sign two trees of which neither extends the other. So before each signature the tree is compared with
the last checkpoints, in the database and outside; where it does not extend them, an alarm stays until it does.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from governance.ledger import outside, sequencer, signing
from governance.ledger.errors import LedgerError, LogForked, NotInTree
from governance.ledger.tlog import merkle, notes
from governance.ledger.tlog.checkpoints import Checkpoint
from governance.ledger.tlog.proofs import Proof
from governance.ledger.tree import StoredTree
from governance.models.ledger import LedgerCheckpoint, LedgerLeaf
from governance.queue import enqueue

logger = logging.getLogger("governance.ledger")


def origin() -> str:
    """What this log is called: the name of the key that signs its checkpoints. Raises NoSigner."""
    return signing.signer().name


def latest_checkpoint() -> LedgerCheckpoint | None:
    """The newest one, of this log as it is called now; of any where nobody can sign."""
    found = LedgerCheckpoint.objects.order_by("-id")
    try:
        return found.filter(origin=origin()).first()
    except LedgerError:
        return found.first()


def make_checkpoint() -> LedgerCheckpoint:
    """Number all events and sign the tree; gives the newest checkpoint again where nothing was added.

    Call it outside of transactions: what is signed must not be rolled back.

    Raises:
        NoSigner: there is no key.
        LogForked: the tree does not extend a checkpoint signed before.
        OutsideUnusable: the last checkpoint cannot be read or kept.
    """
    signer = signing.signer()
    sequencer.sequence(thorough=True)
    with transaction.atomic(durable=True):
        sequencer.lock()
        tree = StoredTree()
        size = sequencer.next_index()
        now = Checkpoint(signer.name, size, merkle.root(size, tree.read))
        newest = LedgerCheckpoint.objects.filter(origin=signer.name).order_by("-id").first()
        _refuse_fork(now, tree, newest)
        note = notes.sign(now.text, signer)
        note.verified([notes.VerifierKey(signer.name, signer.public)])
        outside.keep(signer.name, note.encode())
        outside.clear_alarm()
        if newest is not None and newest.note == note.encode().decode():
            return newest
        made = LedgerCheckpoint.objects.create(
            at=timezone.now(), origin=now.origin, size=now.size, root=now.root, note=note.encode().decode()
        )
        if settings.LEDGER_WITNESSES:
            enqueue("governance.tasks.ask_witnesses", checkpoint_id=made.pk)
        return made


def note_of(checkpoint: LedgerCheckpoint) -> notes.Note:
    """The signed note with the signatures of witnesses, as it is given out."""
    note = notes.Note.parse(checkpoint.note.encode())
    lines = checkpoint.cosignatures.order_by("id").values_list("line", flat=True)
    return notes.Note(note.text, (*note.signatures, *map(notes.parse_signature, lines)))


def proof(index: int) -> bytes:
    """A C2SP tlog-proof that the leaf of this index is in the tree, against the newest checkpoint.

    Where none reaches as far, one is made: then call it outside of transactions, as `make_checkpoint`.

    Raises:
        NotInTree: there is no such leaf.
        LogForked: what is stored does not lead to the checkpoint.
        LedgerError: a checkpoint is needed and cannot be made.
    """
    leaf = LedgerLeaf.objects.filter(index=index).values_list("hash", flat=True).first()
    if leaf is None:
        raise NotInTree(f"The ledger has no event of index {index}.")
    checkpoint = latest_checkpoint()
    if checkpoint is None or checkpoint.size <= index:
        checkpoint = make_checkpoint()
    hashes = merkle.inclusion_proof(index, checkpoint.size, StoredTree().read)
    found = Proof(index, tuple(hashes), note_of(checkpoint))
    if not found.holds(bytes(leaf)):
        raise LogForked(f"The stored tree does not lead from event {index} to the checkpoint of {checkpoint.size}.")
    return found.encode()


def entry_bytes(index: int) -> bytes:
    """The canonical bytes of the event at an index: what the leaf is the hash of.

    Raises:
        NotInTree: there is no such leaf.
        LogForked: the entry is not what its leaf says.
    """
    leaf = LedgerLeaf.objects.select_related("entry").filter(index=index).first()
    if leaf is None:
        raise NotInTree(f"The ledger has no event of index {index}.")
    data = sequencer.leaf_bytes(leaf.entry)
    if merkle.leaf_hash(data) != bytes(leaf.hash):
        raise LogForked(f"Entry {leaf.entry_id} is not event {index} of the tree: run `manage.py ledger verify`.")
    return data


def _refuse_fork(now: Checkpoint, tree: StoredTree, newest: LedgerCheckpoint | None) -> None:
    """Raise LogForked, and the alarm, unless the tree extends the last checkpoints."""
    try:
        for path, before in (there := list(outside.kept(now.origin))):
            _compare(now, tree, before.size, before.root, f"the one kept in {path.parent}")
        if newest is not None:
            _compare(now, tree, newest.size, bytes(newest.root), "the newest one in the database")
            if not there:
                raise LogForked(
                    f"The database has a checkpoint of size {newest.size}, and none is kept outside:"
                    " put the last one that was given out back into its place."
                )
    except LedgerError as problem:
        logger.critical("ledger: nothing is signed any more: %s", problem)
        outside.raise_alarm(str(problem))
        raise


def _compare(now: Checkpoint, tree: StoredTree, size: int, root: bytes, what: str) -> None:
    if size > now.size:
        raise LogForked(
            f"The ledger has {now.size} events, fewer than the {size} that were signed: compare with {what}."
        )
    try:
        same = merkle.root(size, tree.read) == root
    except NotInTree:
        same = False
    if not same:
        raise LogForked(f"The first {size} events of the ledger are not those that were signed: compare with {what}.")
