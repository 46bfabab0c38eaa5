"""Read an OSV dump (a zip, one JSON file per record, any ecosystem) as a stream with hard limits; unpacks nothing.

Source of the layout: https://google.github.io/osv.dev/data/#data-dumps.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from plugins.advisories.osv import OsvRecord, RecordInvalid, decode_record, parse_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1024 * 1024


class DumpInvalid(ValueError):
    """A file that is no usable dump as a whole; the message is one plain sentence."""


@dataclass(frozen=True, slots=True)
class DumpLimits:
    """What a dump may be at most. The largest public dump, npm's with its malware records, stays well below."""

    file_bytes: int = 4096 * MIB
    entries: int = 2_000_000
    record_bytes: int = 16 * MIB
    total_bytes: int = 16_384 * MIB


DEFAULT_LIMITS = DumpLimits()


def read_dump(path: Path, limits: DumpLimits = DEFAULT_LIMITS) -> Iterator[OsvRecord | RecordInvalid]:
    """Yield every record of a dump, one at a time; each id at most once.

    What cannot be used (no JSON, a broken record, a second one of the same id, an encrypted or oversized entry) is
    yielded as a RecordInvalid naming it, so that the caller can count and show it. Raises DumpInvalid, possibly after
    some records, where the file is no zip or breaks a limit as a whole: import in one transaction.
    """
    if not path.is_file():
        raise DumpInvalid("There is no such file.")
    if path.stat().st_size > limits.file_bytes:
        raise DumpInvalid(f"The dump is larger than {limits.file_bytes // MIB} MiB.")
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _records(archive, limits)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
        if isinstance(problem, DumpInvalid):
            raise
        raise DumpInvalid("The file is no readable zip archive.") from problem


def _records(archive: zipfile.ZipFile, limits: DumpLimits) -> Iterator[OsvRecord | RecordInvalid]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if not entries:
        raise DumpInvalid("The dump holds no records.")
    if len(entries) > limits.entries:
        raise DumpInvalid(f"The dump holds more than {limits.entries} entries.")
    seen: set[str] = set()
    total = 0
    for entry in entries:
        label = _label(entry.filename)
        try:
            text = _read(archive, entry, limits)
            total += len(text)
            if total > limits.total_bytes:
                raise DumpInvalid(f"The dump unpacks to more than {limits.total_bytes // MIB} MiB.")
            yield _unique(parse_record(decode_record(text)), seen)
        except RecordInvalid as problem:
            yield RecordInvalid(f"{label}: {problem}")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: DumpLimits) -> bytes:
    """The bytes of one entry, counted while reading: what its header says of its size is not trusted."""
    if not entry.filename.lower().endswith(".json"):
        raise RecordInvalid("not a JSON file.")
    if entry.flag_bits & 1:
        raise RecordInvalid("encrypted.")
    try:
        with archive.open(entry) as stream:
            text = stream.read(limits.record_bytes + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as problem:
        raise RecordInvalid("damaged, or packed in an unknown way.") from problem
    if len(text) > limits.record_bytes:
        raise RecordInvalid(f"larger than {limits.record_bytes // MIB} MiB.")
    return text


def _unique(record: OsvRecord, seen: set[str]) -> OsvRecord:
    if record.id in seen:
        raise RecordInvalid(f"{record.id} stands in the dump twice; the first was kept.")
    seen.add(record.id)
    return record


def _label(filename: str) -> str:
    """The entry's own name, fit to be shown."""
    name = PurePosixPath(filename).name[:100]
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in name) or "an entry without a name"
