"""One file with attestations in any of the forms that are about: what is in it, part by part.

Known are npm's attestations document, PEP 740 attestation and provenance objects, Sigstore bundles, bare DSSE
envelopes, and several of these in a JSON list or one to a line (`.intoto.jsonl`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plugins.provenance.bundles import read_pep740, read_sigstore
from plugins.provenance.dsse import read_envelope
from plugins.provenance.model import Bundle
from plugins.provenance.strict import MAX_DOCUMENT_BYTES, Unreadable, json_of, listing, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PARTS = 32
"""Attestations of one file."""
MAX_PUBLISHERS = 16


@dataclass(frozen=True, slots=True)
class Part:
    """One attestation of a document: a bundle, or why there is none."""

    bundle: Bundle | None
    problem: str = ""


def read_document(raw: bytes) -> tuple[Part, ...]:
    """All attestations of a file. One that cannot be read is a part with a problem and does not hide the others.

    Raises:
        Unreadable: the file is none of the known documents, is empty, too large, or holds more than MAX_PARTS.
    """
    found: list[Part] = []
    for value in _values(raw):
        if len(found) == MAX_PARTS:
            raise Unreadable(f"The file holds more than {MAX_PARTS} attestations.")
        found.append(_part(value))
    if not found:
        raise Unreadable("The file holds no attestation.")
    return tuple(found)


def _values(raw: bytes) -> Iterator[dict[str, Any]]:
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise Unreadable(f"The file is larger than {MAX_DOCUMENT_BYTES // 2**20} MiB.")
    try:
        whole = json_of(raw, "The file")
    except Unreadable:
        lines = [line for line in raw.splitlines() if line.strip()]
        if len(lines) < 2 or len(lines) > MAX_PARTS:  # noqa: PLR2004 - one line was the whole
            raise
        for number, line in enumerate(lines, 1):
            yield from _opened(json_of(line, f"Line {number} of the file"))
        return
    yield from _opened(whole)


def _opened(value: object) -> Iterator[dict[str, Any]]:
    """The attestations of one JSON value, whatever it wraps them in."""
    if isinstance(value, list):
        for one in listing(value, "The list of attestations", MAX_PARTS):
            yield mapping(one, "An attestation")
        return
    data = mapping(value, "The document")
    if "attestation_bundles" in data:
        if data.get("version") != 1:
            raise Unreadable("The provenance object is of a version that is not known here.")
        for publisher in listing(data["attestation_bundles"], "The list of publishers", MAX_PUBLISHERS):
            attestations = mapping(publisher, "A publisher's bundle").get("attestations")
            for one in listing(attestations, "The list of attestations", MAX_PARTS):
                yield mapping(one, "An attestation")
    elif "attestations" in data:
        for one in listing(data["attestations"], "The list of attestations", MAX_PARTS):
            yield mapping(mapping(one, "An attestation").get("bundle"), "A bundle")
    else:
        yield data


def _part(data: dict[str, Any]) -> Part:
    try:
        if "verification_material" in data:
            return Part(read_pep740(data))
        if "mediaType" in data:
            return Part(read_sigstore(data))
        if "payload" in data:
            return Part(Bundle("dsse", read_envelope(data)))
    except Unreadable as problem:
        return Part(None, str(problem))
    return Part(None, "It is neither a DSSE envelope, nor a Sigstore bundle, nor a PEP 740 attestation.")
