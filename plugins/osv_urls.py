"""The portal's OSV endpoint."""

from __future__ import annotations

from django.urls import path

from plugins import osv_views

urlpatterns = [path("v1/query", osv_views.query, name="osv-query")]
