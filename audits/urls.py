"""Reports: ask for one, watch it being made, fetch it; and the evidence files of audits."""

from __future__ import annotations

from django.urls import path

from audits import views

app_name = "audits"

urlpatterns = [
    path("versions/<int:pk>/dossier/", views.dossier, name="dossier"),
    path("<int:pk>/", views.report, name="report"),
    path("<int:pk>/progress/", views.progress, name="progress"),
    path("<int:pk>/retry/", views.retry, name="retry"),
    path("<int:pk>/download/", views.download, name="download"),
    path("evidence/<int:pk>/", views.evidence, name="evidence"),
]
