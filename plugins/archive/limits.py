"""How much an archive may hold, and how it is refused."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Ceilings that hold for bytes really read and written, whatever the headers say."""

    max_archive_bytes: int = 100 * MIB
    max_total_bytes: int = 512 * MIB
    """What all of it may unpack to, headers and padding of a tar included."""
    max_ratio: int = 100
    """Unpacked to packed bytes, looked at once `free_bytes` came out."""
    free_bytes: int = 10 * MIB
    max_entries: int = 20_000
    max_file_bytes: int = 64 * MIB
    max_name_bytes: int = 255
    """Of an entry's whole name, in UTF-8."""
    max_depth: int = 40


class ArchiveRefused(Exception):
    """The archive is not taken. `code` is a stable slug; the text is one plain sentence for the submitter."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Budget:
    """Counts unpacked bytes and refuses the first one too many."""

    def __init__(self, limits: ArchiveLimits, archive_bytes: int) -> None:
        self.limits = limits
        self.spent = 0
        self._ratio_limit = max(limits.free_bytes, limits.max_ratio * archive_bytes)

    def spend(self, count: int) -> None:
        """Count `count` more bytes; raises ArchiveRefused (`bomb`, `too-large`)."""
        self.check(self.spent + count)
        self.spent += count

    def check(self, total: int) -> None:
        """Refuse a total, e.g. one that headers announce, before anything is unpacked."""
        if total > self._ratio_limit:
            message = f"The archive unpacks to more than {self.limits.max_ratio} times its size, as a bomb does."
            raise ArchiveRefused("bomb", message)
        if total > self.limits.max_total_bytes:
            most = self.limits.max_total_bytes // MIB
            raise ArchiveRefused("too-large", f"The archive unpacks to more than {most} MiB.")


def quote(name: str | bytes) -> str:
    """Show a stranger's name inside a sentence: ASCII only, clipped, in quotes."""
    text = name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name
    shown = ascii(text)
    return shown if len(shown) <= 100 else f"{shown[:96]}...'"  # noqa: PLR2004 - fits one line
