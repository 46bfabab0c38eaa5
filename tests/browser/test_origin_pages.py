"""Proof of origin, handed in and shown, as people see it: on a phone, in the dark, without errors."""

import json

import pytest

from governance.roles import Role
from plugins.models import PluginVersion, VettingRun
from plugins.services import execute_run
from tests.browser.conftest import PHONE
from tests.factories import OwnerTeamFactory, UserFactory
from tests.plugins.provenance import forge
from tests.plugins.services.test_origins import CONTENT, KEY, attestation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def files(tmp_path, settings):
    settings.PROVENANCE_TRUST = tmp_path / "trust.json"
    settings.PROVENANCE_TRUST.write_bytes(forge.trust_file(keys=[forge.key_entry(KEY)]))
    (tmp_path / "weather-2.1.0.tgz").write_bytes(CONTENT)
    other = json.loads(attestation().read())
    other["signatures"][0]["sig"] = forge.b64(b"\x01" * 64)
    lines = [attestation().read(), json.dumps(other).encode()]
    (tmp_path / "attestations.intoto.jsonl").write_bytes(b"\n".join(lines))
    return tmp_path


def overflows(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_owner_hands_proof_in_and_both_sides_see_what_it_proves(open_page, policy, files, scheme):
    owner = OwnerTeamFactory(members=[UserFactory(username="ada")]).members.get()
    page = open_page(owner, viewport=PHONE, color_scheme=scheme)
    page.goto("/portal/submit/")
    page.get_by_label("Package file").set_input_files(files / "weather-2.1.0.tgz")
    page.get_by_label("Proof of origin").set_input_files(files / "attestations.intoto.jsonl")
    page.get_by_label("Source archive").set_input_files(files / "weather-2.1.0.tgz")
    assert not overflows(page)
    page.get_by_role("button", name="Submit").click()
    page.get_by_text("checks done").wait_for()
    execute_run(run_id=VettingRun.objects.get().pk)

    version = PluginVersion.objects.get()
    page.close()  # it would load itself anew in the middle of the next step
    page = open_page(owner, viewport=PHONE, color_scheme=scheme)
    page.goto(version.get_absolute_url())
    shown = page.get_by_role("region", name="Where it comes from").inner_text()
    for text in (forge.COMMIT, forge.REPOSITORY, "Verified", "No key of the trust root has signed it."):
        assert text in shown
    assert "This is what it says; nobody vouches for it." in shown
    assert not overflows(page)

    admin = open_page(UserFactory(role=Role.LEAD_REVIEWER), viewport=PHONE, color_scheme=scheme)
    admin.goto(f"/admin/plugins/pluginversion/{version.pk}/change/#origin")
    assert forge.COMMIT in admin.locator("#origin").inner_text().replace("\u200b", "")
    assert not overflows(admin)
