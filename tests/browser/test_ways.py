import pytest

from plugins.enums import RunState
from plugins.models import PluginVersion, VettingRun
from plugins.services import execute_run
from tests.factories import PASSWORD, OwnerTeamFactory, ReviewFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAMPLE = "acme-crm-connector"


def test_owner_signs_in_uploads_and_sees_why_it_is_blocked(open_page, policy, samples):
    OwnerTeamFactory(members=[UserFactory(username="ada", login_password=PASSWORD)])
    page = open_page()
    page.goto("/portal/submit/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()

    page.get_by_label("Package file").set_input_files(samples[SAMPLE].path)
    page.get_by_label("Note to the reviewers").fill("Please have a look.")
    page.get_by_role("button", name="Submit").click()

    page.get_by_text("0 of 13 checks done").wait_for()
    version = PluginVersion.objects.get()
    assert execute_run(run_id=VettingRun.objects.get().pk).state in {RunState.FAILED, RunState.INCONCLUSIVE}
    page.get_by_role("heading", name="What blocks it").wait_for()  # the page has asked again by itself
    assert page.url.endswith(version.get_absolute_url())
    blockers = page.get_by_role("region", name="What blocks it")
    assert "SEC-01" in blockers.inner_text()
    assert "acme_crm_connector/settings.py:7" in blockers.inner_text()
    assert "Who decides" in blockers.inner_text()


def test_refused_upload_says_why_beside_the_field(open_page, tmp_path):
    file = tmp_path / "notes.zip"
    file.write_bytes(b"certainly no archive")
    page = open_page(UserFactory())
    page.goto("/portal/submit/")
    field = page.get_by_label("Package file")
    field.set_input_files(file)
    with page.expect_response("**/submit/") as response:
        page.get_by_role("button", name="Submit").click()

    assert response.value.status == 422
    described = field.get_attribute("aria-describedby")
    assert page.locator(f"#{described}").inner_text().strip().endswith(".")


def test_theme_is_switched_and_remembered(open_page, db):
    page = open_page(color_scheme="light")
    page.goto("/status/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.get_by_role("button", name="Switch between light and dark").click()

    dark = page.evaluate(ground)
    page.reload()
    assert light != dark == page.evaluate(ground)


def test_progress_can_be_followed_without_script(open_page, policy, samples):
    user = UserFactory()
    OwnerTeamFactory(members=[user])
    page = open_page(user, java_script_enabled=False)
    page.goto("/portal/submit/")
    page.get_by_label("Package file").set_input_files(samples[SAMPLE].path)
    page.get_by_role("button", name="Submit").click()

    page.get_by_role("link", name="Refresh").click()

    page.get_by_text("0 of 13 checks done").wait_for()


def test_dashboard_draws_its_charts_in_both_themes(open_page):
    ReviewFactory()
    page = open_page(UserFactory(role="manager"), color_scheme="dark")
    page.goto("/dashboard/")
    painted = """() => [...document.querySelectorAll("canvas")].map((canvas) => {
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return data.some((value) => value !== 0);
    })"""

    assert page.evaluate(painted) == [True, True, True]
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate(painted) == [True, True, True]
