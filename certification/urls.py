"""The public status pages: open to everybody."""

from __future__ import annotations

from django.urls import path

from certification import public_views, trust_views

app_name = "certification"

urlpatterns = [
    path("", public_views.status, name="status"),
    path("trust-root.json", trust_views.trust_root, name="trust_root"),
    path("trust-roots/<int:version>.json", trust_views.older_trust_root, name="older_trust_root"),
    path("certificates/<str:serial>/", public_views.certificate, name="certificate"),
    path("certificates/<str:serial>/bundle/", trust_views.bundle, name="bundle"),
]
