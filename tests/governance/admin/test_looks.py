"""What the admin's lists look like: dates, noes and stored words as people write them."""

import datetime as dt
import re

import pytest
from django.db import transaction
from django.template.defaultfilters import date
from django.template.loader import render_to_string
from django.urls import reverse

from governance import ledger
from governance.roles import Role
from tests.factories import PluginFactory, UserFactory


def test_dates_are_written_as_the_date_fields_take_them():
    midnight = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)

    assert (date(midnight, "DATE_FORMAT"), date(midnight, "DATETIME_FORMAT")) == ("2026-11-25", "2026-11-25 00:00")


@pytest.mark.parametrize(("value", "word"), [(True, "Yes"), (False, "No"), (None, "Unknown")])
def test_a_no_is_a_word_and_no_alarm(value, word):
    html = render_to_string("unfold/helpers/boolean.html", {"value": value})

    assert word in html
    assert "red" not in html


@pytest.mark.django_db
def test_the_ledger_tells_who_what_and_about_which_kind_of_thing(client):
    client.force_login(UserFactory(role=Role.AUDITOR))
    with transaction.atomic():
        ledger.record(verb="plugin.standing-changed", subject=PluginFactory())

    html = client.get(reverse("admin:governance_ledgerentry_changelist")).content.decode()

    assert "Plugin standing changed" in html
    assert "The system" in html
    assert re.search(r"field-kind[^>]*>\s*Plugin\s*<", html)
