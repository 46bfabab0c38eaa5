"""The public status pages: open to everybody."""

from __future__ import annotations

from django.urls import path

from certification import public_views, trust_views
from certification.public import views

app_name = "certification"

urlpatterns = [
    path("", public_views.status, name="status"),
    path("trust-root.json", trust_views.trust_root, name="trust_root"),
    path("trust-roots/<int:version>.json", trust_views.older_trust_root, name="older_trust_root"),
    path("feed.json", views.feed_json, name="feed_json"),
    path("feed.atom", views.feed_atom, name="feed_atom"),
    path("plugins/<slug:format_>/<path:name>/badge.svg", views.plugin_badge, name="plugin_badge"),
    path("certificates/<str:serial>/badge.svg", views.certificate_badge, name="badge"),
    path("certificates/<str:serial>/", public_views.certificate, name="certificate"),
    path("certificates/<str:serial>/bundle/", trust_views.bundle, name="bundle"),
    path("certificates/<str:serial>/proof/", trust_views.proof, name="proof"),
    path("list.json", trust_views.status_list, name="status_list"),
    path("attestations/<str:sha256>/", trust_views.attestation, name="attestation"),
]
