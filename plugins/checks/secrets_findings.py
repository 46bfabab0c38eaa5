"""Findings of the secrets check: kind, place, the last characters and a salted HMAC; never the value."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.checks.base import Finding
from plugins.checks.engines import settings
from plugins.checks.secrets_hits import is_planted
from plugins.checks.secrets_view import NAMES
from plugins.checks.static.report import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugins.checks.secrets_hits import Hit
    from plugins.checks.secrets_view import View
    from plugins.checks.unfolded import Unfolded

CODE = "secrets"
NOT_OPENED = "encoded-text-not-read"
SHOWN, LONG_ENOUGH_TO_SHOW = 4, 16
GUESSED = {
    settings.KEYSTORE: "a keystore, which holds private keys under a password",
    settings.SETTING: "a setting named like a secret, with a value that looks random",
    "htpasswd hash": "the hash of a password",
}
"""What may be none, or is locked: of medium severity."""
REMEDIATION = (
    "Withdraw this credential at its issuer now: everyone who has the package has it. "
    "Then take it out of the code and read it from the platform's credential store."
)


def findings_of(hits: Sequence[Hit], view: View, salt: bytes) -> list[Finding]:
    """One finding for each credential and file, at its first place there."""
    found: list[Finding] = []
    places: dict[tuple[str, str, str], list[Hit]] = {}
    for hit in hits:
        if hit.name == NAMES and not is_planted(hit, view):
            path = view.names[hit.line - 1].replace(hit.value.strip(), "…")
            found.append(_finding(hit, path, 0, salt, "It stands in the file's name."))
        elif not is_planted(hit, view):
            places.setdefault((hit.name, hit.rule, hit.value.strip()), []).append(hit)
    for same in places.values():
        first = min(same, key=lambda hit: hit.line)
        where = f"It stands there in {first.how}." if first.how else ""
        where += f" It stands in {len(same)} places of this file." if len(same) > 1 else ""
        found += [_finding(first, file.path, first.line, salt, where.strip()) for file in view.places[first.name]]
    return sorted(found, key=lambda finding: (finding.path, finding.line, finding.rule, finding.symbol))


def _finding(hit: Hit, path: str, line: int, salt: bytes, where: str) -> Finding:
    value = hit.value.strip()
    binary = hit.title in {settings.KEYSTORE, settings.PRIVATE_KEY}
    shown = len(value) >= LONG_ENOUGH_TO_SHOW and value[-SHOWN:].isalnum() and not binary
    guess = GUESSED.get(hit.title)
    return Finding(
        check=CODE,
        rule=hit.rule,
        severity=Severity.MEDIUM if guess else Severity.HIGH,
        title=f"{'What may be a credential' if guess else 'Credential'} in the package: {guess or hit.title}",
        path=path,
        line=line,
        snippet=f"{hit.title} ending in {value[-SHOWN:]}" if shown else hit.title,
        detail=" ".join(part for part in (where, "Its value is not kept.") if part),
        remediation=REMEDIATION,
        cwe="CWE-798",
        symbol=hmac.new(salt, value.encode("utf-8", "replace"), hashlib.sha256).hexdigest(),
    )


def not_opened(unfolded: Unfolded, view: View) -> Iterator[Finding]:
    """What was too much to decode is named, so that a flood of encoded text hides nothing unseen."""
    paths = sorted(file.path for name in unfolded.beyond for file in view.places.get(name, ()))
    if paths:
        yield Finding(
            check=CODE,
            rule=NOT_OPENED,
            severity=Severity.LOW,
            title="More encoded text than is decoded",
            path=paths[0],
            detail=f"Encoded text was too much or too long to be decoded in {named(paths)}. "
            "They were scanned as they are all the same.",
            remediation="Ship data as files of their own.",
        )
