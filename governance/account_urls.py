"""Signing in and out, and the user's own password. The names `login` and `logout` are the settings'."""

from __future__ import annotations

from django.contrib.auth import views
from django.urls import path

from governance.account_views import OwnPassword, SignIn, SignOut

urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", SignOut.as_view(), name="logout"),
    path("password/", OwnPassword.as_view(), name="password_change"),
    path(
        "password/changed/",
        views.PasswordChangeDoneView.as_view(template_name="accounts/password_change_done.html"),
        name="password_change_done",
    ),
]
