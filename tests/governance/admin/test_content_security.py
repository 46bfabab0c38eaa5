import re

import pytest
from django.urls import reverse

from governance.roles import Role
from tests.factories import ReviewFactory, UserFactory

pytestmark = pytest.mark.django_db

PAGES = ("admin:index", "admin:certification_review_changelist", "admin:plugins_finding_changelist")


def directives(response):
    header = response.headers["Content-Security-Policy"]
    return {part.split()[0]: part.split()[1:] for part in header.split("; ")}


def test_the_admin_may_evaluate_and_nothing_else(client):
    client.force_login(UserFactory(role=Role.REVIEWER))

    policy = directives(client.get(reverse("admin:index")))

    assert policy["script-src"] == ["'self'", "'unsafe-eval'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["default-src"] == ["'none'"]


def test_pages_outside_the_admin_stay_strict(client):
    policy = directives(client.get(reverse("login")))

    assert "'unsafe-eval'" not in policy["script-src"]


def test_admin_pages_hold_no_inline_script_or_style(client):
    client.force_login(UserFactory(role=Role.REVIEWER))
    review = ReviewFactory()
    addresses = [reverse(page) for page in PAGES]
    addresses.append(reverse("admin:certification_review_change", args=[review.pk]))

    found = [
        (address, match)
        for address in addresses
        for match in re.findall(r"<style|\sstyle=\"|<script(?![^>]*\ssrc=)[^>]*>|\son\w+=\"", client.get(address).text)
    ]

    assert found == []
