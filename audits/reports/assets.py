"""The only files a rendering may read: our print style and the fonts, by name."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont, woff2  # type: ignore[import-untyped]  # ships no types
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

SCHEME = "asset:"
STYLE = Path(__file__).parent / "assets" / "print.css"
INTER = "unfold/fonts/inter"
"""Where unfold's package keeps Inter, among its static files."""

INTER_FACES = ("Inter-Regular.woff2", "Inter-SemiBold.woff2")
MONO_FACES = ("DejaVuSansMono.ttf",)
WIDE_FACES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
"""For scripts Inter lacks; both DejaVu families come with matplotlib."""


class AssetMissing(Exception):
    """A font or style of ours is not where its package should have put it."""


class AssetRefused(FatalURLFetchingError):  # type: ignore[misc]
    """A document asked for something that is no asset. It stops the rendering: our own templates never do."""


def style() -> str:
    """The print style.

    Raises:
        AssetMissing: it is not there.
    """
    try:
        return STYLE.read_text(encoding="utf-8")
    except OSError as problem:
        raise AssetMissing(f"The style {STYLE.name} of the reports is missing.") from problem


def font_path(name: str) -> Path:
    """Where a font of ours lies.

    Raises:
        AssetMissing: it is none of ours, or its package does not hold it.
    """
    if name in INTER_FACES:
        found = finders.find(f"{INTER}/{name}")
        path = Path(found) if isinstance(found, str) else None
    elif name in MONO_FACES + WIDE_FACES:
        path = Path(mpl.get_data_path()) / "fonts" / "ttf" / name
    else:
        path = None
    if path is None or not path.is_file():
        raise AssetMissing(f"The font {name} of the reports is missing.")
    return path


def check_fonts() -> None:
    """See that every font is there, since the engine would quietly draw with another.

    Raises:
        AssetMissing: naming the first that is not.
    """
    for name in INTER_FACES + MONO_FACES + WIDE_FACES:
        font_path(name)


@lru_cache(maxsize=8)
def font_bytes(path: Path) -> bytes:
    """A font as the engine wants it. WOFF2 is unpacked once a process: the engine would do it for every document."""
    if path.suffix != ".woff2":
        return path.read_bytes()
    out = BytesIO()
    with path.open("rb") as packed:
        woff2.decompress(packed, out)
    return out.getvalue()


@lru_cache(maxsize=1)
def drawable() -> frozenset[int]:
    """The code points every style we use can draw: monospaced text falls back to the wide family, as all text does."""
    with TTFont(font_path(WIDE_FACES[0])) as regular, TTFont(font_path(WIDE_FACES[1])) as bold:
        return frozenset(regular.getBestCmap()) & frozenset(bold.getBestCmap())


class AssetFetcher(URLFetcher):  # type: ignore[misc]
    """Gives assets by name and data addresses; refuses files, the network and everything else."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Fetch an address.

        Raises:
            AssetRefused: it is neither an asset nor data.
        """
        if url.startswith("data:"):
            return super().fetch(url, headers)
        if not url.startswith(SCHEME):
            raise AssetRefused(f"The report asked for {url[:200]}, which is none of its assets.")
        try:
            return URLFetcherResponse(url, font_bytes(font_path(url.removeprefix(SCHEME))))
        except (AssetMissing, OSError) as problem:
            raise AssetRefused(str(problem)) from problem
