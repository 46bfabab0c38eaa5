"""The dashboard's panels: a registry each app fills in `AppConfig.ready()`, so that nobody below names anybody above.

A panel gives a table, a chart of the same numbers and, behind every number, the list it was counted from: count and
list are made from one queryset, so they cannot tell different stories.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise

    from governance.models import User


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and the list it was counted from; without an address it is only shown."""

    value: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """A number worth the top of the page. `tone` is one of the badges' tones."""

    label: str
    figure: Figure
    tone: str = "muted"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a panel's table; `label` may come from strangers."""

    label: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart: a value for each of the chart's labels."""

    label: str
    values: tuple[int, ...]
    tone: str


@dataclass(frozen=True, slots=True)
class PanelData:
    """What a panel shows: columns (the first names the rows), rows, and the series of its bar chart."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    series: tuple[Series, ...]
    headlines: tuple[Headline, ...] = ()
    empty: str = ""
    """What to say where there is nothing to count; the table and the chart are left out then."""

    @property
    def chart(self) -> dict[str, Any]:
        """The chart as the page's script reads it; the same rows as the table."""
        return {
            "labels": [row.label for row in self.rows],
            "series": [
                {"label": series.label, "values": list(series.values), "tone": series.tone} for series in self.series
            ],
        }


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a list: text (which may come from strangers), where it leads, and its badge's tone, if it is one."""

    text: str
    url: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows behind a number. `cells` turns one of `rows` into its cells without further queries."""

    title: str
    columns: tuple[str, ...]
    rows: QuerySet[Any]
    cells: Callable[[Any], tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `build` makes its data in a fixed number of queries; `listing` reads its filter from the address."""

    code: str
    title: str | _StrPromise
    help: str | _StrPromise
    permission: str
    order: int
    build: Callable[[HttpRequest], PanelData] = field(repr=False)
    listing: Callable[[HttpRequest], Listing] = field(repr=False)

    def list_url(self, **wanted: str) -> str:
        """Where the list behind a number is."""
        return list_url(self.code, **wanted)


_PANELS: dict[str, Panel] = {}


def register(*panels: Panel) -> None:
    """Add panels; one with the code of another replaces it."""
    _PANELS.update({panel.code: panel for panel in panels})


def panels_for(user: User) -> list[Panel]:
    """The panels a user may see, in their order."""
    allowed = (panel for panel in _PANELS.values() if user.has_perm(panel.permission))
    return sorted(allowed, key=lambda panel: (panel.order, panel.code))


def find_panel(user: User, code: str) -> Panel | None:
    """One panel, if there is one of this code and the user may see it."""
    panel = _PANELS.get(code)
    return panel if panel and user.has_perm(panel.permission) else None


def list_url(code: str, **wanted: str) -> str:
    """The address of a panel's list with the filter that gives exactly the rows of one number."""
    address = reverse("dashboard-list", args=[code])
    return f"{address}?{urlencode(wanted)}" if wanted else address


def choice(request: HttpRequest, name: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    """A filter's value from the address; what is not known counts as not given."""
    value = request.GET.get(name, "")
    return value if value in known else ""
