"""Charts as vector graphics: SVG by matplotlib, its words left as words, the same bytes for the same numbers.

Bars carry their number as text, and their greys differ, so that a black-and-white print says the same.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

INK = "#1b2733"
TRACK = "#e9edf0"
MEASURED_WITH = "DejaVu Sans"
"""The font matplotlib measures with; the PDF draws the words in its own."""

SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "plugwarden",
    "font.family": MEASURED_WITH,
    "font.size": 8.5,
    "text.parse_math": False,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its number, the words at its end and its colour."""

    label: str
    value: float
    words: str
    color: str


def bars(rows: Sequence[Bar], *, most: float, width: float = 6.7, labels: float = 0.30) -> str:
    """A horizontal bar chart.

    Args:
        rows: the bars, first on top.
        most: the value that fills the track.
        width: in inches.
        labels: the part of the width the labels take.

    Returns:
        The chart as one SVG document.
    """
    with mpl.rc_context(SETTINGS):
        height = 0.27 * len(rows) + 0.06
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_xlim(0, 1)
        axes.set_ylim(len(rows), 0)
        axes.set_axis_off()
        for place, row in enumerate(rows):
            _bar(axes, place, row, most=most, labels=labels)
        return _svg(figure)


def _bar(axes: Axes, place: int, row: Bar, *, most: float, labels: float) -> None:
    track = 0.90 - labels
    part = min(1.0, row.value / most) if most else 0.0
    axes.add_patch(Rectangle((labels, place + 0.22), track, 0.56, facecolor=TRACK, edgecolor="none"))
    if part:
        axes.add_patch(Rectangle((labels, place + 0.22), track * part, 0.56, facecolor=row.color, edgecolor="none"))
    axes.text(0.0, place + 0.5, row.label, va="center", ha="left", color=INK)
    axes.text(0.999, place + 0.5, row.words, va="center", ha="right", color=INK, fontweight="bold")


def scale(value: int, *, thresholds: Sequence[tuple[int, str, str]], width: float = 6.7) -> str:
    """A score between 0 and 100 on a scale of named bands.

    Args:
        value: the score.
        thresholds: (first score, name, colour) of each band, rising.
        width: in inches.

    Returns:
        The chart as one SVG document.
    """
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(width, 0.72))
        axes = figure.add_axes((0.01, 0.0, 0.98, 1.0))
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 1)
        axes.set_axis_off()
        ends = [start for start, _name, _color in thresholds[1:]] + [100]
        for (start, name, color), end in zip(thresholds, ends, strict=True):
            axes.add_patch(Rectangle((start, 0.34), end - start - 0.3, 0.26, facecolor=color, edgecolor="none"))
            axes.text(start, 0.12, name, va="center", ha="left", color=INK)
        axes.plot([value, value], [0.28, 0.66], color=INK, linewidth=2.2, solid_capstyle="butt")
        side = "left" if value < 4 else "right" if value > 96 else "center"  # noqa: PLR2004 - the words must not be cut
        axes.text(value, 0.82, str(value), va="center", ha=side, color=INK, fontweight="bold", fontsize=11)
        return _svg(figure)


def _svg(figure: Figure) -> str:
    FigureCanvasSVG(figure)
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return out.getvalue().replace(MEASURED_WITH, "Inter")
