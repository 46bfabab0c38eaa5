"""What a policy thinks of the differences between a version and the last certified one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = (
    "capability",
    "dangerous_capability",
    "host",
    "secret",
    "install_hook",
    "native_file",
    "dependency",
    "entry_point",
    "declaration",
    "author",
    "origin",
    "tier",
)
"""Kinds of change a policy may weigh."""


@dataclass(frozen=True, slots=True)
class ChangeWeights:
    """The severity of each kind of change. What a policy does not name is medium."""

    severities: Mapping[str, Severity] = field(default_factory=dict)

    def of(self, kind: str) -> Severity:
        """The severity of one kind."""
        return self.severities.get(kind, Severity.MEDIUM)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ChangeWeights:
        """Read the part `changes` of a policy."""
        return cls({kind: Severity(name) for kind, name in data.items()})

    def to_dict(self) -> dict[str, str]:
        """The part as a document."""
        return {kind: severity.value for kind, severity in self.severities.items()}
