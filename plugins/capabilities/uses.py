"""What is known of each capability, host and variable: from where, in how many places, whether that agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from governance.vocabulary import Capability

MAX_PLACES = 20
"""Places kept for one capability or host; `total` counts them all."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was seen."""

    path: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class CapabilityUse:
    """One capability and who says it is used. `places` are in the code or, for an install hook, in the manifest."""

    id: Capability
    declared: bool
    derived: bool
    static: bool
    dynamic: bool | None = None
    """None: the plugin was not run, so nobody knows."""
    places: tuple[Place, ...] = ()
    total: int = 0
    implied: bool = False
    """Declared by what follows from another statement, not by name."""

    @property
    def shown(self) -> bool:
        """Whether manifest, code or run shows it."""
        return self.derived or self.static or bool(self.dynamic)

    @property
    def undeclared(self) -> bool:
        """Shown, but not declared."""
        return self.shown and not self.declared

    @property
    def unused(self) -> bool:
        """Declared by name, but never shown."""
        return self.declared and not self.implied and not self.shown


@dataclass(frozen=True, slots=True)
class HostUse:
    """One host and who names it. A declared wildcard stands as it was written. `port` 0: not known."""

    host: str
    declared: bool
    derived: bool
    static: bool
    dynamic: bool | None = None
    """Whether it was asked for when the plugin ran. None: the plugin was not run, so nobody knows."""
    port: int = 0
    places: tuple[Place, ...] = ()
    total: int = 0
    matched: bool = False
    """For a declared entry: whether any host that was shown is covered by it."""

    @property
    def shown(self) -> bool:
        """Whether manifest, code or run shows it."""
        return self.derived or self.static or bool(self.dynamic)

    @property
    def undeclared(self) -> bool:
        """Shown by manifest, code or run, but not declared."""
        return self.shown and not self.declared

    @property
    def unused(self) -> bool:
        """Declared, but never shown."""
        return self.declared and not self.matched


@dataclass(frozen=True, slots=True)
class EnvUse:
    """One environment variable: whether its name is declared, and whether the code reads it."""

    name: str
    declared: bool
    seen: bool
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of one package, each part sorted by name. `gaps` say why it is not whole; empty: it is."""

    has_declaration: bool
    capabilities: tuple[CapabilityUse, ...] = ()
    hosts: tuple[HostUse, ...] = ()
    env: tuple[EnvUse, ...] = ()
    gaps: tuple[str, ...] = ()
    too_wide: tuple[str, ...] = ()
    """Declared hosts that cover nothing because they would cover nearly everything."""
    ran: bool = False
    """Whether the plugin was run to the end; else what it does when run is known in part at most."""

    @property
    def undeclared_capabilities(self) -> tuple[CapabilityUse, ...]:
        """Capabilities that are shown, but not declared."""
        return tuple(use for use in self.capabilities if use.undeclared)

    @property
    def unused_capabilities(self) -> tuple[CapabilityUse, ...]:
        """Capabilities that are declared by name, but never shown."""
        return tuple(use for use in self.capabilities if use.unused)

    @property
    def undeclared_hosts(self) -> tuple[HostUse, ...]:
        """Hosts that are named, but not declared."""
        return tuple(use for use in self.hosts if use.undeclared)

    @property
    def unused_hosts(self) -> tuple[HostUse, ...]:
        """Hosts that are declared, but never named."""
        return tuple(use for use in self.hosts if use.unused)
