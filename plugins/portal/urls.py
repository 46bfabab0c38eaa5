"""The owner portal's addresses."""

from __future__ import annotations

from django.urls import path

from plugins.portal import issues, views

app_name = "portal"

urlpatterns = [
    path("", views.index, name="index"),
    path("submit/", views.submit, name="submit"),
    path("plugins/<int:pk>/", views.plugin, name="plugin"),
    path("versions/<int:pk>/", views.version, name="version"),
    path("versions/<int:pk>/progress/", views.progress, name="progress"),
    path("versions/<int:pk>/retry/", views.retry, name="retry"),
    path("versions/<int:pk>/origin/", views.origin, name="origin"),
    path("versions/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("versions/<int:pk>/declaration/", views.declaration, name="declaration"),
    path("versions/<int:pk>/package/", views.package, name="package"),
    path("versions/<int:pk>/sbom/", views.sbom, name="sbom"),
    path("issues/<int:pk>/", issues.issue, name="issue"),
    path("issues/<int:pk>/waiver/", issues.waive, name="waive"),
]
