"""The API's addresses, below `/api/v1/`."""

from __future__ import annotations

from django.urls import path, re_path

from certification.admission import openapi, views

app_name = "api"

urlpatterns = [
    path("admission", views.admission, name="admission"),
    path("admission/acknowledgements", views.acknowledgements, name="acknowledgements"),
    path("openapi.json", openapi.document, name="openapi"),
    re_path(r"^.*$", views.elsewhere),
]
