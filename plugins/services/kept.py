"""The store of kept results: one row for each, sealed, so that a row edited in the database is worth nothing."""

from __future__ import annotations

import hmac
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.crypto import salted_hmac

from governance.canonical import digest
from governance.codec import Undecodable, decode, encode
from plugins.archive import Unpacked
from plugins.checks import basis
from plugins.checks.base import CheckResult
from plugins.config import archive_limits
from plugins.kept import Kept, Key
from plugins.models import KeptResult
from plugins.package import Package

if TYPE_CHECKING:
    from plugins.intake import Intake
    from plugins.models import Artifact

logger = logging.getLogger(__name__)

SALT = "plugins.kept-result"
INTAKE = "intake"
INTAKE_VERSION = "1"


class KeptResults:
    """What is kept of one artifact: read in one query, asked from any thread, added to in one write."""

    def __init__(self, artifact: Artifact, *, reuse: bool) -> None:
        """`reuse` False: nothing is recalled, but what is found is kept for later."""
        self.artifact = artifact
        rows = KeptResult.objects.filter(artifact=artifact) if reuse else ()
        self._rows = {row.key: row for row in rows}
        self.kept = Kept(self._find)

    def known_intake(self) -> tuple[Unpacked, Package] | None:
        """What intake read of these bytes under the limits and the code of today, if it is kept."""
        document = self._document(_intake_key(self.artifact))
        if document is None:
            return None
        try:
            package, unpacked = decode(Package, document["package"]), decode(Unpacked, document["unpacked"])
            return replace(unpacked, files=unpacked.files or package.files), package
        except (Undecodable, KeyError, TypeError) as problem:
            logger.warning("kept intake of %s is not read: %s", self.artifact, problem)
            return None

    def write(self, taken: Intake) -> None:
        """Store what is new, in the caller's transaction; a row that somebody else has just stored stays theirs."""
        rows = [self._row(key, encode(result)) for key, result in self.kept.added]
        key = _intake_key(self.artifact)
        if key.digest not in self._rows and _is_of(taken, self.artifact) and not self.kept.secretive:
            known = taken.unpacked.files == taken.package.files  # a format may know a file's language better
            unpacked = replace(taken.unpacked, files=()) if known else taken.unpacked
            rows.append(self._row(key, {"unpacked": encode(unpacked), "package": encode(taken.package)}))
        KeptResult.objects.bulk_create(rows, ignore_conflicts=True)

    def _find(self, key: Key) -> CheckResult | None:
        document = self._document(key)
        if document is None:
            return None
        try:
            result = decode(CheckResult, document)
        except Undecodable as problem:
            logger.warning("kept result %s is not read: %s", key.digest[:12], problem)
            return None
        made = self._rows[key.digest].made_at.isoformat(timespec="seconds")
        return replace(result, evidence={**result.evidence, "kept_since": made})

    def _document(self, key: Key) -> Any:
        row = self._rows.get(key.digest)
        if row is None:
            return None
        if not hmac.compare_digest(row.seal, _seal(key.digest, row.result)):
            logger.error("kept result %s of %s has been altered; it is not used", row.pk, self.artifact)
            return None
        return row.result

    def _row(self, key: Key, document: Any) -> KeptResult:
        return KeptResult(
            artifact=self.artifact,
            check_code=key.check,
            check_version=key.version,
            basis=key.basis,
            key=key.digest,
            result=document,
            seal=_seal(key.digest, document),
        )


def _is_of(taken: Intake, artifact: Artifact) -> bool:
    return taken.unpacked.sha256 == artifact.sha256


def _intake_key(artifact: Artifact) -> Key:
    rests_on = basis.digest(basis.code(), repr(archive_limits()), artifact.filename)
    return Key(artifact.sha256, INTAKE, INTAKE_VERSION, rests_on)


def _seal(key: str, document: Any) -> str:
    return salted_hmac(SALT, f"{key} {digest(document)}", algorithm="sha256").hexdigest()
