"""Every address of the portal. Only here may the other apps be named, and only as strings."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from governance import policy_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("certification.api_urls")),  # first: nothing is asked for as often as admission
    path("", views.home, name="home"),
    path("accounts/", include("governance.account_urls")),
    path("admin/login/", views.admin_login),
    path(
        "admin/password_change/", RedirectView.as_view(pattern_name="password_change")
    ),  # one page, which tells the ledger
    path("admin/search/", views.admin_search),
    path("admin/", admin.site.urls),
    path("favicon.ico", views.favicon, name="favicon"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("dashboard/<slug:code>/", views.dashboard_list, name="dashboard-list"),
    path("policy/", policy_views.policy, name="policy"),
    path("policy/<str:version>/", policy_views.policy, name="policy-version"),
    path("policy/<str:version>/policy.json", policy_views.policy_document, name="policy-document"),
    path("portal/", include("plugins.portal.urls")),
    path("osv/", include("plugins.osv_urls")),
    path("status/", include("certification.urls")),
    path("reports/", include("audits.urls")),
]

handler400 = views.bad_request
