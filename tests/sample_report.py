"""A vetting result as the pipeline writes it (`plugwarden.vetting/v1`), small but with something of everything."""

import copy

FINDINGS = (
    {
        "check": "secrets",
        "rule": "kingfisher.slack.2",
        "severity": "high",
        "title": "Slack bot token in the package",
        "path": "src/acme/settings.py",
        "line": 12,
        "snippet": 'SLACK_TOKEN = "…9f3a"',
        "detail": "Whoever downloads the package can post as this bot.",
        "remediation": "Revoke the token and read it from the platform's secret store.",
        "cwe": "CWE-798",
        "fingerprint": "a" * 64,
    },
    {
        "check": "static",
        "rule": "B324",
        "severity": "medium",
        "title": "Weak hash: <script>alert('title')</script>",
        "path": "src/acme/crypto.py",
        "line": 7,
        "snippet": "hashlib.md5(b'</code><script>alert(1)</script>')",
        "detail": "",
        "remediation": "Use hashlib.sha256.",
        "cwe": "CWE-327",
        "fingerprint": "b" * 64,
    },
    {
        "check": "completeness",
        "rule": "metadata.contact",
        "severity": "info",
        "title": "No contact is stated",
        "path": "pyproject.toml",
        "line": 1,
        "snippet": "",
        "detail": "",
        "remediation": "Add a contact address to the manifest.",
        "cwe": "",
        "fingerprint": "c" * 64,
    },
)

CHECKS = (
    ("archive", "passed", "plugwarden", "1", 14, "All 14 entries are regular files within the limits."),
    ("completeness", "passed", "plugwarden", "1", 9, "Nine things were looked for; one is missing."),
    ("static", "passed", "bandit", "1.9.4", 6, "6 code files were examined; 1 finding below high."),
    ("secrets", "failed", "kingfisher", "2.14.0", 14, "A credential was found."),
    ("dependencies", "inconclusive", "pip-audit", "2.10.1", 2, "One line was not answered by pip-audit."),
    ("malware", "passed", "yara-x", "1.4.0", 14, "14 files matched no rule."),
)

RULE_SET = {"name": "GuardDog", "release": "3.2.0", "digest": "sha256:" + "5e" * 32, "rules": 55}

COMPONENTS = (
    {
        "purl": "pkg:pypi/requests@2.19.0",
        "ecosystem": "PyPI",
        "name": "requests",
        "requirement": "==2.19.0",
        "direct": True,
        "pinned": "2.19.0",
        "scope": "runtime",
        "advisories": [
            {
                "id": "GHSA-x84v-xcm2-53pg",
                "aliases": ["CVE-2018-18074"],
                "severity": "high",
                "summary": "Credentials are sent to another host after a redirect.",
                "fixed": ["2.20.0"],
                "match": "affected",
                "exploited_since": "2026-11-03",
                "epss": 0.0231,
                "percentile": 0.8412,
            }
        ],
    },
    {
        "purl": "pkg:pypi/attrs",
        "ecosystem": "PyPI",
        "name": "attrs",
        "requirement": ">=22",
        "direct": True,
        "pinned": None,
        "scope": "runtime",
        "advisories": [],
    },
)


def vetting_report(**over):
    """The report of a plugin that failed on a leaked token; `over` replaces top-level parts."""
    report = {
        "schema": "plugwarden.vetting/v1",
        "artifact": {
            "filename": "acme-1.0.0.tar.gz",
            "sha256": "0" * 64,
            "size": 20480,
            "format": "python-package",
            "name": "acme",
            "version": "1.0.0",
            "purl": "pkg:pypi/acme@1.0.0",
        },
        "verdict": "failed",
        "risk": {
            "score": 47,
            "tier": "high",
            "factors": [
                {"code": "findings", "points": 22, "reason": "1 high and 1 medium finding."},
                {"code": "dependencies", "points": 15, "reason": "requests 2.19.0 has a high advisory."},
                {
                    "code": "undeclared",
                    "points": 10,
                    "reason": "1 capability and 1 host are used undeclared.",
                },
            ],
            "counterfactual": "Close the leaked token and upgrade requests, and the tier is moderate.",
        },
        "checks": [
            {
                "code": code,
                "status": status,
                "engine": engine,
                "engine_version": version,
                "examined": examined,
                "duration_ms": 120,
                "findings": sum(finding["check"] == code for finding in FINDINGS),
                "reason": reason,
                "evidence": {"rule_set": RULE_SET} if code == "malware" else {},
            }
            for code, status, engine, version, examined, reason in CHECKS
        ],
        "findings": list(FINDINGS),
        "capabilities": [
            {
                "id": "network.outbound",
                "declared": True,
                "derived": False,
                "static": True,
                "evidence": [{"path": "src/acme/connector.py", "line": 31}],
            },
            {
                "id": "process.spawn",
                "declared": False,
                "derived": False,
                "static": True,
                "evidence": [{"path": "src/acme/connector.py", "line": 58}],
            },
            {"id": "env.read", "declared": True, "derived": False, "static": False, "evidence": []},
        ],
        "egress": [
            {
                "host": "api.acme.example",
                "declared": True,
                "derived": True,
                "static": True,
                "evidence": [{"path": "src/acme/connector.py", "line": 9}],
            },
            {
                "host": "telemetry.other.example",
                "declared": False,
                "derived": False,
                "static": True,
                "evidence": [{"path": "src/acme/connector.py", "line": 77}],
            },
        ],
        "dependencies": list(COMPONENTS),
        "criteria": [],
        "feed": {"names": ["Starter feed"], "records": 30, "age_days": 3.0, "demo": True},
    }
    return copy.deepcopy(report | over)


DECLARATION = {
    "capabilities": ["network.outbound", "env.read"],
    "egress": [
        {"host": "api.acme.example", "port": 443, "purpose": "the service itself", "data_classes": ["contacts"]}
    ],
    "secrets": ["ACME_API_KEY"],
    "data_flows": [
        {
            "category": "contact data",
            "purpose": "create a contact",
            "lawful_basis": "contract",
            "retention": "not stored",
            "recipients": ["api.acme.example"],
        }
    ],
    "support": {"until": "2028-01-31", "contact": "support@acme.example"},
    "update_cadence": "monthly",
    "rollback_version": "0.9.4",
    "failure_mode": "Every call fails with a message; nothing is retried.",
    "test_evidence": "test-results/junit.xml",
    "test_coverage": 81.5,
    "load_evidence": "test-results/load.md",
    "reproducible_build": "python -m build --sdist",
}
