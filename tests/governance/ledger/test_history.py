"""Each history row's digest is in the ledger, and stays the same however the row is read."""

import json

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models.functions import Now
from factory.django import DjangoModelFactory
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

import tests.factories
from governance.ledger import history
from governance.models import LedgerEntry, User
from governance.models.ledger import HISTORY_VERB
from plugins.models import OwnerTeam
from tests.factories import OwnerTeamFactory, PluginFactory, UserFactory
from tests.support.certified import certified
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db
FACTORIES = sorted(
    (
        value
        for value in vars(tests.factories).values()
        if isinstance(value, type)
        and issubclass(value, DjangoModelFactory)
        and value._meta.model
        and hasattr(value._meta.model, "history")
    ),
    key=lambda found: found.__name__,
)


def logged():
    return {
        (entry.subject_type, entry.subject_id): {name: entry.details[name] for name in ("columns", "sha256")}
        for entry in LedgerEntry.every.filter(verb=HISTORY_VERB)
    }


def stored():
    """Every history row as the database gives it back, and its digest over all columns."""
    return {
        (model._meta.label_lower, str(row.pk)): {
            "columns": history.columns_of(model),
            "sha256": history.digest_of(row, history.columns_of(model)),
        }
        for model in history.history_models()
        for row in model._default_manager.all()
    }


@pytest.mark.parametrize("maker", FACTORIES, ids=lambda maker: maker.__name__)
def test_what_was_logged_is_what_the_database_gives_back(maker):
    made = maker()
    if not getattr(made, "append_only", False):
        made.save()

    assert logged() == stored()
    assert made.history.exists()


def test_a_whole_way_to_a_certificate_is_logged(policy):
    certified(policy)

    assert len(stored()) > 10
    assert logged() == stored()


def test_rows_written_in_bulk_are_logged_too():
    user = UserFactory()
    names = ["one", "two", "three"]
    teams = [OwnerTeam(name=name, group=Group.objects.create(name=name)) for name in names]
    made = bulk_create_with_history(teams, OwnerTeam, default_user=user)
    bulk_update_with_history(made, OwnerTeam, ["name"])

    assert logged() == stored()
    assert LedgerEntry.every.filter(verb=HISTORY_VERB, actor_id=user.pk).count() == 3


def test_a_value_the_database_computes_is_read_back_first():
    plugin = PluginFactory()
    plugin.created_at = Now()
    plugin.save()

    assert logged() == stored()


def test_who_changed_it_is_named_and_nothing_of_the_row_is():
    user = UserFactory(username="olga", first_name="Olga", last_name="Owner", email="olga@example.com")
    plugin = PluginFactory(name="Weather")
    plugin._history_user = user
    plugin.save()

    entry = LedgerEntry.every.filter(subject_type="plugins.historicalplugin").last()

    assert (entry.actor_id, entry.actor_label, entry.subject_label) == (user.pk, "Olga Owner", "")
    text = json.dumps([row.details for row in LedgerEntry.every.filter(verb=HISTORY_VERB)])
    assert "Weather" not in text
    assert "olga@example.com" not in text


def test_people_are_not_told_of_digests():
    plugin = PluginFactory()

    assert not LedgerEntry.objects.filter(verb=HISTORY_VERB).exists()
    assert not LedgerEntry.objects.about(plugin).exists()
    assert LedgerEntry.every.filter(verb=HISTORY_VERB).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make", [lambda: UserFactory(username="x"), lambda: OwnerTeamFactory(name="x")])
def test_a_change_whose_digest_cannot_be_logged_does_not_happen(monkeypatch, make):
    monkeypatch.setattr(history, "record_many", lambda rows: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        make()

    assert not User.objects.exists()
    assert not OwnerTeam.objects.exists()
    assert not stored()


def test_rows_from_before_are_adopted_once():
    PluginFactory()
    with lifted(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM governance_ledgerentry")
    expected = stored()

    assert history.adopt() == len(expected)
    assert logged() == expected
    assert LedgerEntry.objects.get().details == {"rows": len(expected)}

    assert history.adopt() == 0


def test_every_history_table_is_known():
    tables = {model._meta.db_table for model in history.history_models()}

    assert "governance_historicaluser" in tables
    assert len(tables) == sum("_historical" in model._meta.db_table for model in apps.get_models())


def test_where_a_row_stands_is_told_in_clear():
    """So that every change of a state is an event that says what it was."""
    review = tests.factories.ReviewFactory()
    review.reviewer = UserFactory()
    review.claim()
    review.save(update_fields=["state", "reviewer"])

    states = [row.details["state"] for row in LedgerEntry.every.filter(subject_type="certification.historicalreview")]
    assert states == ["open", "claimed"]
