"""Judge a document against the forged instance, with one thing changed at a time."""

import hashlib
import json
from functools import cache

from plugins.provenance.judge import Artifact, judge
from plugins.provenance.trust import read_trust
from tests.plugins.provenance import forge


@cache
def root():
    return read_trust(json.dumps(forge.instance().trusted_root()).encode())


def artifact(data=forge.ARTIFACT, purl=forge.PURL, repository=forge.REPOSITORY):
    return Artifact(hashlib.sha256(data).hexdigest(), hashlib.sha512(data).hexdigest(), purl, repository)


def judged(document, *, trust=None, **changes):
    """The one statement of a document, judged."""
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    (found,) = judge("handed-in.json", raw, artifact(**changes), trust if trust is not None else root())
    return found


def refused(document, **changes):
    """Why the one statement of a document is not verified."""
    found = judged(document, **changes)
    assert not found.verified
    return found.reason
