"""What is asked of a verification, and what it came to, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from .errors import ProblemError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .certificate import Certificate
    from .names import Code, Step
    from .root import TrustRoot
    from .state import Seen
    from .status import StatusList

P = ParamSpec("P")
T = TypeVar("T")
NO_GRACE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be verified, and how strictly."""

    artifact_sha256: str
    at: datetime
    expect_resource: str | None = None
    grace: timedelta | None = NO_GRACE
    """How long after its end a status list still counts; None: for ever, with a warning."""
    seen: Seen | None = None
    """What this verifier has accepted before: nothing older takes its place."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verification came to. `certificate` is there only when every step passed."""

    passed: tuple[Step, ...]
    certificate: Certificate | None = None
    failed: Step | None = None
    message: str = ""
    code: Code | None = None
    root: TrustRoot | None = None
    """The trust root that counted, which may be newer than the one that was given; None where none was accepted."""
    root_bytes: bytes = b""
    """Its envelope."""
    status: StatusList | None = None
    """The status list that counted, also where a later step failed; None where none was accepted."""
    warnings: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the certificate holds."""
        return self.certificate is not None


@dataclass(slots=True)
class Progress:
    """Takes one step after the other and remembers how far it came and what it accepted on the way."""

    passed: list[Step] = field(default_factory=list)
    root: TrustRoot | None = None
    root_bytes: bytes = b""
    status: StatusList | None = None
    warnings: tuple[str, ...] = ()

    def begin(self, step: Step, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a check that is not the whole of its step; a problem in it becomes the refusal at this step."""
        try:
            return check(*args, **kwargs)
        except ProblemError as problem:
            raise RefusedError(step, str(problem), problem.code) from problem

    def take(self, step: Step, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the check that ends a step."""
        result = self.begin(step, check, *args, **kwargs)
        self.passed.append(step)
        return result

    def valid(self, certificate: Certificate) -> Outcome:
        """All steps passed."""
        return Outcome(
            tuple(self.passed),
            certificate,
            root=self.root,
            root_bytes=self.root_bytes,
            status=self.status,
            warnings=self.warnings,
        )

    def refused(self, refusal: RefusedError) -> Outcome:
        """A step failed."""
        return Outcome(
            tuple(self.passed),
            failed=refusal.step,
            message=refusal.message,
            code=refusal.code,
            root=self.root,
            root_bytes=self.root_bytes,
            status=self.status,
            warnings=self.warnings,
        )
