import pytest
from django.urls import reverse

from plugins.enums import RunState, Trigger, VersionState
from plugins.models import PluginVersion, VettingRun
from tests.factories import ArtifactFactory, PluginVersionFactory, VettingRunFactory

HTMX = {"HX-Request": "true"}


def state_of(version):
    return PluginVersion.objects.get(pk=version.pk).state


def test_withdraw_asks_before_it_acts(portal, mine):
    page = portal.get(reverse("portal:withdraw", args=[mine.pk])).content.decode()

    assert "This cannot be undone" in page
    assert state_of(mine) == VersionState.IN_REVIEW


def test_withdraw_takes_the_version_back(portal, mine):
    response = portal.post(reverse("portal:withdraw", args=[mine.pk]), {"reason": "Wrong branch"}, follow=True)

    assert state_of(mine) == VersionState.WITHDRAWN
    assert [str(message) for message in response.context["messages"]] == [f"{mine} is withdrawn."]


def test_withdraw_of_a_rejected_version_is_refused_in_a_sentence(portal, team, mine):
    rejected = PluginVersionFactory(plugin=mine.plugin, state=VersionState.REJECTED)

    response = portal.post(reverse("portal:withdraw", args=[rejected.pk]), follow=True)

    assert [str(message) for message in response.context["messages"]] == [
        "A version that is rejected cannot be withdrawn."
    ]
    assert state_of(rejected) == VersionState.REJECTED


def test_retry_queues_a_run_after_one_that_broke(portal, mine, policy):
    PluginVersion.objects.filter(pk=mine.pk).update(state=VersionState.VETTING)
    VettingRunFactory(version=mine, state=RunState.ERRORED, report=None, score=None, tier="")

    portal.post(reverse("portal:retry", args=[mine.pk]))

    newest = VettingRun.objects.filter(version=mine).first()
    assert (newest.state, newest.trigger) == (RunState.QUEUED, Trigger.RETRY)


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.INCONCLUSIVE, RunState.PASSED])
def test_retry_is_refused_after_a_verdict(portal, mine, state):
    VettingRunFactory(version=mine, state=state)

    portal.post(reverse("portal:retry", args=[mine.pk]))

    assert VettingRun.objects.filter(version=mine).count() == 1


def test_progress_shows_each_check_and_asks_again(portal, mine):
    VettingRunFactory(version=mine, running=True)

    page = portal.get(reverse("portal:progress", args=[mine.pk]), headers=HTMX).content.decode()

    assert "1 of 2 checks done" in page
    assert 'hx-trigger="every 1s"' in page
    assert "Archive" in page


def test_progress_updates_what_the_page_says_about_the_run(portal, mine):
    VettingRunFactory(version=mine, running=True)

    page = portal.get(reverse("portal:progress", args=[mine.pk]), headers=HTMX).content.decode()

    assert 'id="situation" hx-swap-oob="true">Being vetted now.' in page


def test_progress_reloads_the_page_once_the_run_has_ended(portal, mine):
    VettingRunFactory(version=mine)

    response = portal.get(reverse("portal:progress", args=[mine.pk]), headers=HTMX)

    assert response["HX-Refresh"] == "true"
    assert response.content == b""


def test_progress_without_script_leads_to_the_page(portal, mine):
    VettingRunFactory(version=mine, running=True)

    response = portal.get(reverse("portal:progress", args=[mine.pk]))

    assert response.url == mine.get_absolute_url()
    assert "Refresh" in portal.get(response.url).content.decode()


def test_package_comes_back_as_it_was_submitted(portal, mine):
    version = PluginVersionFactory(plugin=mine.plugin, artifact=ArtifactFactory.stored(content=b"the very bytes"))

    response = portal.get(reverse("portal:package", args=[version.pk]))

    assert b"".join(response.streaming_content) == b"the very bytes"
    assert response["Content-Disposition"] == f'attachment; filename="{version.artifact.filename}"'
    assert "no-store" in response["Cache-Control"]
