"""The state of the keys as people are told it: on the admin page, by `manage.py keys show` and by the system check."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification import keyring, trust_roots
from certification.attest.key_folder import ROOT
from certification.attest.key_sources import private_half
from certification.attest.private_files import KeysRefusedError
from certification.attest.publishing import newest_trust_root
from certification.attest.rotation import draft_path
from certification.models import Certificate
from certification.verify.names import KeyStatus, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from certification.attest.key_folder import KeyFolder
    from certification.verify.root import TrustedKey, TrustRoot

SIGNS = {
    ROOT: gettext_lazy("trust roots"),
    Role.CERTIFIER: gettext_lazy("certificates"),
    Role.LOG: gettext_lazy("checkpoints"),
    Role.STATUS: gettext_lazy("status lists"),
    Role.FEED: gettext_lazy("advisory feeds"),
}
WARN = timedelta(weeks=8)
"""How long before a key or a trust root runs out people are told."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key."""

    keyid: str
    role: str
    status: str
    valid_from: datetime | None
    valid_to: datetime | None
    log_cutoff: int | None
    here: bool
    """Whether its private half is at hand."""
    certificates: int | None
    """How many certificates it signed; None for other roles."""
    signs: str
    """What keys of its role sign, in words."""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class KeyReport:
    """All there is to say about the keys in force."""

    root: TrustRoot
    sha256: str
    keys: tuple[KeyLine, ...]
    advice: tuple[str, ...]
    """What to do next, each a sentence; the first is the most urgent."""


def report(*, now: datetime) -> KeyReport:
    """Look at the key folder and count what was signed. Raises KeysRefusedError."""
    folder = trust_roots.key_folder()
    data, root = newest_trust_root(folder)
    signed = dict(Certificate.objects.order_by().values_list("keyid").annotate(Count("pk")))
    lines = tuple(_lines(folder, root, signed, now))
    return KeyReport(root, hashlib.sha256(data).hexdigest(), lines, tuple(_advice(folder, root, lines, now)))


def warnings(*, now: datetime) -> list[str]:
    """What is wrong with the keys or soon will be, in sentences; nothing where none have been made yet."""
    if not keyring.are_made():
        return []
    try:
        folder = trust_roots.key_folder()
        return list(expiring(newest_trust_root(folder)[1], now=now))
    except KeysRefusedError as refusal:
        return [str(refusal)]


def expiring(root: TrustRoot, *, now: datetime) -> Iterator[str]:
    """What has run out or soon will, in sentences."""
    if root.expires <= now + WARN:
        yield _(
            "Trust root %(version)d expires on %(day)s: nobody can check a certificate after that. A rotation makes a "
            "new one: manage.py keys rotate certifier."
        ) % {"version": root.version, "day": f"{root.expires:%Y-%m-%d}"}
    for key in root.keys.values():
        if key.status is KeyStatus.ACTIVE and key.valid_to <= now + WARN and _newest(root, key):
            yield _("The %(role)s key %(keyid)s signs until %(day)s only: manage.py keys rotate %(role)s.") % {
                "role": key.role,
                "keyid": key.keyid[:16],
                "day": f"{key.valid_to:%Y-%m-%d}",
            }


def _newest(root: TrustRoot, key: TrustedKey) -> bool:
    rivals = [k for k in root.keys.values() if k.role is key.role and k.status is KeyStatus.ACTIVE]
    return max(rivals, key=lambda k: k.valid_to) is key


def _lines(folder: KeyFolder, root: TrustRoot, signed: dict[str, int], now: datetime) -> Iterator[KeyLine]:
    for keyid in root.root_keys:
        here = private_half(folder, ROOT, keyid) is not None
        yield KeyLine(keyid, ROOT, KeyStatus.ACTIVE, root.issued, root.expires, None, here, None, str(SIGNS[ROOT]))
    order = [KeyStatus.ACTIVE, KeyStatus.RETIRED, KeyStatus.COMPROMISED]
    for key in sorted(root.keys.values(), key=lambda k: (list(Role).index(k.role), order.index(k.status))):
        active = key.status is KeyStatus.ACTIVE
        here = active and private_half(folder, key.role, key.keyid) is not None
        count = signed.get(key.keyid, 0) if key.role is Role.CERTIFIER else None
        yield KeyLine(
            key.keyid, key.role, key.status, key.valid_from, key.valid_to, key.log_cutoff, here, count,
            str(SIGNS[key.role]),
            _warning(key, here=here, now=now) if active else "",
        )  # fmt: skip


def _warning(key: TrustedKey, *, here: bool, now: datetime) -> str:
    if not key.within_time(now):
        return _("May not sign now.")
    if not here:
        return _("Its private half is not here.")
    if key.valid_to <= now + WARN:
        return _("Ends soon.")
    return ""


def _advice(folder: KeyFolder, root: TrustRoot, lines: tuple[KeyLine, ...], now: datetime) -> Iterator[str]:
    yield from expiring(root, now=now)
    for line in lines:
        if line.role != ROOT and line.status == KeyStatus.ACTIVE and not line.here:
            yield _("The private half of the %(role)s key %(keyid)s is not here: manage.py keys rotate %(role)s.") % {
                "role": line.role,
                "keyid": line.keyid[:16],
            }
    if (waiting := draft_path(folder, root.version + 1)).exists():
        yield _("%(file)s waits for signatures: manage.py keys install.") % {"file": waiting}
    if not trust_roots.is_demo() and any(line.role == ROOT and line.here for line in lines):
        yield _("A root key lies on this host: move it to a safer place, it signs new trust roots only (docs/keys.md).")
