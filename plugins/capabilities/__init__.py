"""Compare what a plugin says it does with what its manifest and its code show. Pure: no Django, no I/O.

Four sources stand side by side for every capability and host: *declared* by the owner in `plugin-governance.json`,
*derived* from the native manifest, *static*: seen in the code, *dynamic*: seen when the plugin ran in the sandbox.
Undeclared is what any of the last three shows and the declaration does not say; a native manifest is no substitute for
the owner's word. Where the plugin was not run, *dynamic* is not known, which is something else than "no".

Two statements of a declaration say a capability without naming it: an egress host says `network.outbound`, a secret
says `secrets.read`, as far as the platform hands it over: reading the machine's own credential files needs the name. An
install hook shows `process.install-hook` whether or not a check saw it.
"""

from __future__ import annotations

from plugins.capabilities.compare import OBSERVING_CHECKS, RAIDS_SEEN_BY, RUNNING_CHECKS, compare, compare_results
from plugins.capabilities.hosts import WEB_PORTS, covers, is_loopback, normal_host, split_port
from plugins.capabilities.uses import MAX_PLACES, CapabilityUse, Comparison, EnvUse, HostUse, Place

__all__ = [
    "MAX_PLACES",
    "OBSERVING_CHECKS",
    "RAIDS_SEEN_BY",
    "RUNNING_CHECKS",
    "WEB_PORTS",
    "CapabilityUse",
    "Comparison",
    "EnvUse",
    "HostUse",
    "Place",
    "compare",
    "compare_results",
    "covers",
    "is_loopback",
    "normal_host",
    "split_port",
]
