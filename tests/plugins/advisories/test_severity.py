from __future__ import annotations

import pytest

from governance.vocabulary import Severity
from plugins.advisories.severity import cvss_severity, lowered, stated_severity

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
LOW = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"


@pytest.mark.parametrize(
    ("kind", "vector", "rated"),
    [
        ("CVSS_V3", V3, Severity.CRITICAL),
        ("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", Severity.HIGH),
        ("CVSS_V3", LOW, Severity.LOW),
        ("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", Severity.INFO),
        ("CVSS_V2", "AV:N/AC:L/Au:N/C:C/I:C/A:C", Severity.HIGH),
        ("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Severity.CRITICAL),
        ("CVSS_V3", "CVSS:3.1/nonsense", None),
        ("CVSS_V3", V3 + "/" + "E:X/" * 500, None),
        ("Ubuntu", "high", None),
    ],
)
def test_cvss_severity_rates_every_version_and_ignores_what_it_cannot_read(kind, vector, rated):
    assert cvss_severity(kind, vector) is rated


@pytest.mark.parametrize(
    ("fields", "stated"),
    [
        ({}, None),
        (
            {"database_specific": {"severity": "MODERATE"}, "severity": [{"type": "CVSS_V3", "score": V3}]},
            Severity.MEDIUM,
        ),
        ({"severity": [{"type": "CVSS_V3", "score": LOW}, {"type": "CVSS_V3", "score": V3}]}, Severity.CRITICAL),
        ({"affected": [{"severity": [{"type": "CVSS_V3", "score": LOW}]}]}, Severity.LOW),
        ({"id": "MAL-2024-1", "database_specific": {"severity": "LOW"}}, Severity.CRITICAL),
        ({"aliases": ["MAL-2024-1"]}, Severity.CRITICAL),
        ({"database_specific": {"severity": "LOW", "cwe_ids": ["CWE-506"]}}, Severity.CRITICAL),
        ({"severity": "high", "database_specific": []}, None),
    ],
)
def test_stated_severity_prefers_malware_then_the_word_then_the_highest_vector(fields, stated):
    assert stated_severity({"id": "GHSA-x", **fields}) is stated


def test_lowered_goes_down_one_step_and_stops_at_info():
    assert [lowered(severity) for severity in Severity] == ["info", "info", "low", "medium", "high"]
