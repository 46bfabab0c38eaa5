"""That a certificate is in the log: nothing can be back-dated, and the portal cannot deny having issued it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .checkpoints import CHECKPOINT, check_inclusion
from .errors import ProblemError
from .log_entry import check_entry
from .names import KeyStatus, Role
from .notes import NoteKey, signers

if TYPE_CHECKING:
    from .bundle import Bundle
    from .certificate import Certificate
    from .checkpoints import Checkpoint
    from .root import TrustedKey, TrustRoot
    from .status import LogHead


def check_logged(
    bundle: Bundle, certificate: Certificate, head: LogHead, artifact_sha256: str, root: TrustRoot
) -> None:
    """Check that the certificate is the entry of the log it says it is, under a checkpoint the log signed.

    `head` is where the status list says the log was. Raises ProblemError.
    """
    proof = bundle.proof
    _check_checkpoint(proof.checkpoint, root)
    if certificate.log_origin != root.log_origin:
        raise ProblemError(f'the certificate is of the log "{certificate.log_origin}", not of "{root.log_origin}"')
    if certificate.log_index != proof.index:
        raise ProblemError(
            f"the certificate is entry {certificate.log_index} of the log, and the proof is about entry {proof.index}"
        )
    check_entry(bundle.entry, envelope=bundle.stored, serial=certificate.serial, artifact_sha256=artifact_sha256)
    check_inclusion(bundle.entry, proof)
    if head.size == proof.checkpoint.size and head.root != proof.checkpoint.root:
        raise ProblemError("status list and checkpoint show two different logs of the same size")


def _check_checkpoint(checkpoint: Checkpoint, root: TrustRoot) -> None:
    """Check origin and signatures. In a bundle there is none but the log's own: what nobody checks is not let in."""
    if checkpoint.origin != root.log_origin:
        raise ProblemError(f'the checkpoint is of the log "{checkpoint.origin}", not of "{root.log_origin}"')
    keys = [
        NoteKey(root.log_origin, key.public)
        for key in root.keys.values()
        if key.role is Role.LOG and _counts(key, checkpoint.size)
    ]
    if len(signers(checkpoint.note, keys, CHECKPOINT)) != len(checkpoint.note.signatures):
        raise ProblemError("the checkpoint carries a signature of a key that the trust root does not know")


def _counts(key: TrustedKey, size: int) -> bool:
    """Whether a log key may have signed a checkpoint of this size: a compromised one only up to its cut-off."""
    return key.status is not KeyStatus.COMPROMISED or size <= (key.log_cutoff or 0)
