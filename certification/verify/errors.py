"""The two ways a verification ends badly, and the one exception the small checks raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .names import Code, Step


class ProblemError(ValueError):
    """Something in a document is not as it must be; the caller knows at which step, `code` perhaps what exactly."""

    def __init__(self, message: str, code: Code | None = None) -> None:
        super().__init__(message)
        self.code = code


class RefusedError(Exception):
    """The documents were read and do not prove what they claim: exit code 1."""

    def __init__(self, step: Step, message: str, code: Code | None = None) -> None:
        super().__init__(message)
        self.step = step
        self.message = message
        self.code = code


class UnusableError(Exception):
    """An input could not be used at all: exit code 2. `code` says which and why, for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
