"""Signing in and out, and the user's own password.

The ledger has who signed in and who changed a password. Addresses, sign-outs and failures go to the log: a ledger never
forgets, so that it holds no addresses, and a stranger could fill it.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse_lazy
from django.utils.translation import ngettext

from governance import ledger
from governance.guesses import address_of, note_failure, wait_for

if TYPE_CHECKING:
    from django.contrib.auth.forms import PasswordChangeForm
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("governance.sign-in")
TOO_MANY = "too-many"
LONGEST_NAME = 150
"""Characters of what is typed as a name that are looked at and logged: no user's name is longer."""


class SignInForm(AuthenticationForm):
    """Django's form, which looks at no password while too many have failed."""

    def clean(self) -> dict[str, Any]:
        """Check the password, if one may be tried now.

        Raises:
            ValidationError: too many failed, or this one does.
        """
        name, address = self.cleaned_data.get("username", "")[:LONGEST_NAME], address_of(self.request)  # type: ignore[arg-type]
        if not name or not self.cleaned_data.get("password"):
            return super().clean()
        if wait := wait_for(name, address):
            minutes = -(-wait // 60)
            sentence = ngettext(
                "Too many sign-ins failed from your address. Try again in %(n)d minute.",
                "Too many sign-ins failed from your address. Try again in %(n)d minutes.",
                minutes,
            )
            raise ValidationError(sentence % {"n": minutes}, code=TOO_MANY)
        try:
            return super().clean()
        except ValidationError:
            note_failure(name, address)
            logger.warning("sign-in failed: name %r, address %r", name, address)  # %r: whatever is typed stays one line
            raise


class SignIn(views.LoginView):
    """Sign in."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    @transaction.atomic
    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and tell the ledger."""
        response = super().form_valid(form)
        user = form.get_user()
        ledger.record(verb="user.signed-in", subject=user, actor=user)
        logger.info("signed in: name %r, address %r", user.get_username(), address_of(self.request))
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say why, also to programs."""
        response = super().form_invalid(form)
        if form.has_error("__all__", TOO_MANY):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return response


class SignOut(views.LogoutView):
    """Sign out."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session."""
        name = request.user.get_username()
        response = super().post(request, *args, **kwargs)
        if name:
            logger.info("signed out: name %r, address %r", name, address_of(request))
        return response


class OwnPassword(views.PasswordChangeView):
    """Change one's own password."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("password_change_done")

    @transaction.atomic
    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Change it, and tell the ledger."""
        response = super().form_valid(form)
        ledger.record(verb="user.password-changed", subject=form.user, actor=form.user)
        return response
