"""Requests as views meet them, for the types alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from governance.models import User


class SignedInRequest(HttpRequest):
    """A request of somebody who has signed in: its user is one of ours."""

    user: User
