"""`manage.py hunt`: its answer, its exit codes, and what it refuses."""

import pytest
from django.core.management import CommandError, call_command

from governance.roles import Role
from plugins.enums import HuntState
from plugins.models import Hunt
from tests.factories import DetectionRuleFactory, PluginVersionFactory, UserFactory, VettingRunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule():
    return DetectionRuleFactory.in_use(kind="host", body="evil.example", code="no-evil")


def seen(host):
    run = VettingRunFactory(evidence=False)
    run.observations.create(kind="host", value=host, path="a.js", line=4, snippet="fetch(\x1b[31m)")
    return run.version


def hunted(capsys, *arguments):
    try:
        call_command("hunt", *arguments)
        code = 0
    except CommandError as refusal:
        code = refusal.returncode
    return code, capsys.readouterr().out


def test_nothing_hit(capsys, rule):
    seen("good.example")

    assert hunted(capsys, "no-evil")[0] == 0


def test_what_is_hit_is_listed_without_control_characters(capsys, rule):
    version = seen("evil.example")
    seen("good.example")

    code, text = hunted(capsys, "no-evil@1")

    assert code == 1
    assert f"hit: {version} a.js:4 fetch(" in text
    assert "\x1b" not in text
    assert "1 of 2 versions are hit, 0 could not be answered." in text


def test_what_is_not_known_wins_over_what_is_hit(capsys, rule):
    seen("evil.example")
    PluginVersionFactory()

    code, text = hunted(capsys, "no-evil")

    assert code == 3
    assert "not known: " in text


def test_it_can_be_left_to_the_workers(capsys, rule):
    seen("evil.example")
    user = UserFactory(role=Role.LEAD_REVIEWER)

    assert hunted(capsys, "no-evil", "--queue", "--user", user.username)[0] == 0
    assert (Hunt.objects.get().state, Hunt.objects.get().started_by) == (HuntState.QUEUED, user)


@pytest.mark.parametrize(
    "arguments", [["other"], ["no-evil@2"], ["no-evil@x"], ["no-evil", "--user", "nobody"], ["no-evil"]]
)
def test_bad_input(capsys, rule, arguments):
    UserFactory(username="nobody")

    assert hunted(capsys, *arguments)[0] == 2
    assert not Hunt.objects.exists()
