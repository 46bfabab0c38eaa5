"""Each wrong setting has an id. What stands in the database is in test_append_only.py."""

import pytest
from django.core.checks import run_checks

from governance import checks


def ids():
    return {message.id for message in run_checks(include_deployment_checks=False)}


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("SECRET_KEY", "", "governance.E001"),
        ("ENVIRONMENT", "prodution", "governance.E002"),
    ],
)
def test_a_wrong_setting_is_named(settings, setting, value, code):
    assert code not in ids()

    setattr(settings, setting, value)

    assert code in ids()


def test_a_retry_before_the_timeout_is_named(settings):
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"retry": settings.Q_CLUSTER["timeout"]}

    assert "governance.E003" in ids()


def test_a_demo_in_production_is_warned_of(settings):
    assert [message.id for message in checks.demo_is_not_deployed()] == ["governance.W001"]

    settings.DEVELOPMENT = False

    assert checks.demo_is_not_deployed() == []


def test_every_message_says_what_to_do(settings):
    settings.SECRET_KEY = ""
    settings.ENVIRONMENT = "?"
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"retry": settings.Q_CLUSTER["timeout"]}

    ours = [message for message in run_checks() if message.id.startswith("governance.")]

    assert {message.id for message in ours} == {"governance.E001", "governance.E002", "governance.E003"}
    assert all(message.hint for message in ours)
