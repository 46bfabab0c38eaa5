"""Run programs in the sandbox and record what they do, where they cannot reach the record.

strace watches from outside the sandbox's process namespace; a sink in its network namespace, in a sandbox of its own,
answers every name and takes every connection; decoy credentials lie in the home folder. What comes back is a Recording.
"""

from __future__ import annotations

from plugins.sandbox.watch.contract import (
    CommandEvent,
    DecoyEvent,
    DnsEvent,
    FileEvent,
    HttpEvent,
    LeakEvent,
    Phase,
    PhaseRecord,
    Recording,
    SocketEvent,
)
from plugins.sandbox.watch.decoys import Decoys
from plugins.sandbox.watch.run import unavailable, watch

__all__ = [
    "CommandEvent",
    "DecoyEvent",
    "Decoys",
    "DnsEvent",
    "FileEvent",
    "HttpEvent",
    "LeakEvent",
    "Phase",
    "PhaseRecord",
    "Recording",
    "SocketEvent",
    "unavailable",
    "watch",
]
