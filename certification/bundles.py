"""Put a certificate's bundle together from what is stored, and what is newest of that which proves it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from certification import status_lists
from certification.attest.bundle import build_bundle
from certification.attest.private_files import KeysRefusedError
from certification.keyring import trust_root_bytes
from certification.status_documents import StatusListAlteredError, list_bytes
from certification.status_lists import StatusListRefused
from governance import ledger

if TYPE_CHECKING:
    from certification.models import Certificate

logger = logging.getLogger(__name__)


class BundleUnavailable(Exception):
    """The bundle cannot be put together now; the text says why."""


class NotLogged(BundleUnavailable):
    """The certificate was issued before there was a log: it never gets a bundle."""


def bundle_of(certificate: Certificate) -> bytes:
    """The bundle of a certificate as of now. Call it outside of transactions: a checkpoint may have to be made.

    Raises:
        NotLogged: the certificate has no place in the log.
        BundleUnavailable: proof, status list or keys are not to be had at the moment.
    """
    index = _index(certificate)
    try:
        return build_bundle(
            certificate=bytes(certificate.envelope),
            log_entry=ledger.entry_bytes(index),
            log_proof=ledger.proof(index),
            status_list=list_bytes(status_lists.current(timezone.now())),
            trust_root=trust_root_bytes(),
        )
    except (ledger.LedgerError, KeysRefusedError, StatusListAlteredError) as refusal:
        logger.critical("no bundle can be made of %s: %s", certificate.serial, refusal)
        raise BundleUnavailable(
            _("This portal cannot prove its certificates at the moment. Its operator finds the reason in the log.")
        ) from refusal
    except StatusListRefused as refusal:
        raise BundleUnavailable(str(refusal)) from refusal


def proof_of(certificate: Certificate) -> bytes:
    """The C2SP tlog-proof that the log has the certificate's issue. Raises as `bundle_of` does."""
    try:
        return ledger.proof(_index(certificate))
    except ledger.LedgerError as refusal:
        logger.critical("no proof can be made of %s: %s", certificate.serial, refusal)
        raise BundleUnavailable(
            _("This portal cannot prove its certificates at the moment. Its operator finds the reason in the log.")
        ) from refusal


def _index(certificate: Certificate) -> int:
    if certificate.log_index is None:
        raise NotLogged(
            _("%(serial)s was issued before this portal kept a log, so nothing can prove it. Have the plugin renewed.")
            % {"serial": certificate.serial}
        )
    return certificate.log_index
