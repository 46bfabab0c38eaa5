"""What both kinds of report need to be built, and how they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from audits.reports.documents import Made
from governance.release import VERSION

if TYPE_CHECKING:
    from datetime import datetime

    from governance.models import User


class ReportRefused(Exception):
    """The report cannot be made, retried or handed out; the text says why."""


def made(*, now: datetime, actor: User | None) -> Made:
    """Who took the data of a report, where and when."""
    return Made(
        at=now.replace(microsecond=0),
        by=str(actor) if actor else "",
        portal=settings.PORTAL_URL,
        release=VERSION,
        demo=settings.DEMO,
    )
