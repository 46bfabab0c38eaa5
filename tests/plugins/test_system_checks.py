"""A trust file that cannot be used is told when the portal starts."""

import pytest

from plugins.system_checks import provenance_trust_can_be_read
from tests.plugins.provenance import forge


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), (b"{}", "cannot be used"), (b"\xff", "cannot be used")]
)
def test_trust_file_that_cannot_be_used_is_a_warning(tmp_path, settings, content, said):
    settings.PROVENANCE_TRUST = tmp_path / "trust.json"
    if content is not None:
        settings.PROVENANCE_TRUST.write_bytes(content)

    (warning,) = provenance_trust_can_be_read()

    assert warning.id == "plugins.W001"
    assert said in warning.msg


def test_no_trust_file_and_a_good_one_are_fine(tmp_path, settings):
    settings.PROVENANCE_TRUST = None
    assert provenance_trust_can_be_read() == []

    settings.PROVENANCE_TRUST = tmp_path / "trust.json"
    settings.PROVENANCE_TRUST.write_bytes(forge.trust_file(sigstore=forge.instance().trusted_root()))
    assert provenance_trust_can_be_read() == []
