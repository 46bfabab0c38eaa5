"""`manage.py ledger` where it cannot do what it was asked."""

import pytest
from django.core.management import CommandError, call_command

from tests.governance.ledger.test_verify import sql


@pytest.mark.django_db
@pytest.mark.parametrize("asked", [["verify"], ["prove", "3"]])
def test_a_database_without_the_tables_gets_one_sentence(asked):
    sql("ALTER TABLE governance_ledgerleaf RENAME TO gone")  # until the test's transaction is rolled back

    with pytest.raises(CommandError, match=r"^The ledger's tables cannot be read .* run manage.py migrate") as refusal:
        call_command("ledger", *asked)

    assert refusal.value.returncode == 2
    assert "\n" not in str(refusal.value)
