"""Slows down who guesses passwords, without letting a stranger lock anybody out.

What is counted belongs to an address: failures with one name from it, and failures from it at all. Each failure takes a
place for a while; where none is free, no password is looked at until the first one is. The places are a table of the
database's cache, bounded and shared by all web processes. Nothing of it is kept.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import caches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

WINDOW = 15 * 60
"""Seconds that a failure counts."""
PER_NAME = 5
"""Failures with one name from one address in that time."""
PER_ADDRESS = 50
"""Failures from one address in that time; many people may share it."""


def address_of(request: HttpRequest) -> str:
    """Where a request comes from. Behind a proxy, what it noted last: anybody wrote what is before it."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return (forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", ""))[:64]


def wait_for(name: str, address: str) -> int:
    """Seconds until a password may be tried again; 0 if now."""
    waits = [0.0]
    for places in _places(name, address):
        taken = caches["guesses"].get_many(places)
        if len(taken) == len(places):
            waits.append(min(taken.values()) - time.time())
    return int(max(waits))


def note_failure(name: str, address: str) -> None:
    """Count a failure against the name at this address, and against the address."""
    cache = caches["guesses"]
    until = time.time() + WINDOW
    for places in _places(name, address):
        taken = cache.get_many(places)
        next((place for place in places if place not in taken and cache.add(place, until, WINDOW)), None)


def _places(name: str, address: str) -> Iterator[list[str]]:
    for subject, most in ((f"{address} {name}", PER_NAME), (address, PER_ADDRESS)):
        digest = hashlib.sha256(subject.encode(errors="replace")).hexdigest()
        yield [f"{digest}-{number}" for number in range(most)]
