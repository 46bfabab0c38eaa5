"""A page that asks one thing before something is done: a title, what follows, a small form, a way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.response import TemplateResponse

if TYPE_CHECKING:
    from django import forms
    from django.contrib.admin import ModelAdmin
    from django.http import HttpRequest, HttpResponse


def ask(
    request: HttpRequest,
    admin: ModelAdmin,  # type: ignore[type-arg]
    form: forms.Form,
    *,
    title: str,
    effect: str,
    back: str,
    danger: bool = False,
) -> HttpResponse:
    """The page. `effect` says what follows; `back` is where "Leave it" leads; the button bears the title."""
    context = {
        **admin.admin_site.each_context(request),
        "title": title,
        "opts": admin.opts,
        "effect": effect,
        "form": form,
        "back": back,
        "danger": danger,
    }
    request.current_app = admin.admin_site.name
    return TemplateResponse(request, "admin/ask.html", context, status=422 if form.errors else 200)
