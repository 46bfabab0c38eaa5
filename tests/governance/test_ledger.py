import pytest
from django.db import transaction

from governance import ledger
from governance.models import LedgerEntry
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_row_names_who_what_and_when():
    user = UserFactory(first_name="Grace", last_name="Hopper")

    entry = ledger.record(verb="thing.done", subject=user, actor=user, details={"n": 1})

    assert (entry.verb, entry.actor_id, entry.actor_label) == ("thing.done", user.pk, "Grace Hopper")
    assert (entry.subject_type, entry.subject_id) == ("governance.user", str(user.pk))
    assert entry.details == {"n": 1}
    assert list(LedgerEntry.objects.about(user)) == [entry]


def test_work_nobody_asked_for_is_the_systems():
    assert ledger.record(verb="thing.done").actor_label == "system"


def test_a_rollback_takes_the_row_away():
    def change():
        with transaction.atomic():
            ledger.record(verb="thing.done")
            raise ValueError

    with pytest.raises(ValueError):
        change()

    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_row_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError, match=r"thing\.done"):
        ledger.record(verb="thing.done")

    assert not LedgerEntry.objects.exists()
