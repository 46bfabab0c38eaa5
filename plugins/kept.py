"""Results that are kept, so that a revalidation looks anew only at what could come out otherwise. Pure.

A result is known by what it rests on: the artifact's digest, the check's code and version, its basis (our code, rules,
engines; see `plugins.checks.basis`) and the severity that fails it. Only conclusions are kept: what was inconclusive or
broke is tried again. Where the results lie, and that nobody altered them, is the business of `plugins.services.kept`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from governance.vocabulary import CheckStatus
from plugins.checks import basis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plugins.checks.base import Check, CheckResult, Workspace

SECRETS = "secrets"
CONCLUSIVE = frozenset({CheckStatus.PASSED, CheckStatus.FAILED})


@dataclass(frozen=True, slots=True)
class Key:
    """What a result rests on. `digest` is its name in the store."""

    artifact: str
    check: str
    version: str
    basis: str

    @property
    def digest(self) -> str:
        """SHA-256 over all parts, in hex."""
        return basis.digest(self.artifact, self.check, self.version, self.basis)


@dataclass(slots=True)
class Kept:
    """The results known of one artifact, and the new ones to be kept of it.

    `find` gives a result by its key, or None. It is called from the checks' threads.
    """

    find: Callable[[Key], CheckResult | None]
    added: list[tuple[Key, CheckResult]] = field(default_factory=list)
    secretive: bool = False
    """Credentials were found, so that the facts of the package, which quote it, are not to be kept."""

    def key(self, check: Check, workspace: Workspace) -> Key | None:
        """What this check's result would rest on; None where it must be run each time."""
        unpacked, rests_on = workspace.unpacked, check.basis(workspace)
        if unpacked is None or rests_on is None:
            return None
        return Key(unpacked.sha256, check.code, check.version, basis.digest(rests_on, workspace.fail_on.value))

    def get(self, key: Key) -> CheckResult | None:
        """A result that may stand for a new one; its times are those of no run."""
        known = self.find(key)
        return replace(known, duration_ms=0, cpu_ms=0) if known and known.status in CONCLUSIVE else None

    def add(self, key: Key, result: CheckResult) -> None:
        """Keep a result, if it is a conclusion."""
        if result.status in CONCLUSIVE:
            self.added.append((key, result))

    def settle(self, results: Iterable[CheckResult], *, secretive: bool) -> None:
        """Put the results as they are reported, free of credentials, in the place of those that were added.

        Where there are credentials, the result that found them is not kept: it has to tell their values again, so that
        they can be taken out of what the other checks will say.
        """
        self.secretive = secretive
        reported = {result.code: result for result in results}
        self.added = [(key, reported[key.check]) for key, _ in self.added if not (secretive and key.check == SECRETS)]
