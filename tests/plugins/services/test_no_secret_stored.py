"""After a whole run, no credential of the package stands anywhere but in the artifact itself."""

import base64
import gzip
import json
import logging
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core import serializers

from governance.vocabulary import CheckStatus
from plugins.enums import Trigger
from plugins.models import KeptResult, PluginVersion, VettingRun
from plugins.services.runs import execute_run, request_run
from plugins.services.submissions import submit
from tests.factories import OwnerTeamFactory, UserFactory
from tests.plugins.checks.engine_cases import token
from tests.support.packages import npm_package, upload

pytestmark = pytest.mark.django_db

PASSWORD = "Tr0ub4dor&3" + "zyx"
TOKENS = {name: token(seed) for seed, name in enumerate(
    ("plain", "joined", "encoded", "description", "keyword", "declared", "dependency", "path", "sent"), start=100
)}  # fmt: skip


def package():
    joined, encoded = TOKENS["joined"], TOKENS["encoded"]
    plain, sent = TOKENS["plain"], TOKENS["sent"]
    code = f"""
        const cp = require('child_process');
        cp.exec("curl -H 'Authorization: {plain}' https://acme.io/x");
        fetch("https://bob:{PASSWORD}@acme.io/" + process.env.X); eval("{plain}");
        const t = "{joined[:12]}" + "{joined[12:]}"; const b = "{base64.b64encode(encoded.encode()).decode()}";
        require('https').request({{host: 'acme.io', path: '/{sent}', headers: {{Authorization: '{sent}'}}}}).end();
    """
    declared = TOKENS["declared"]
    declaration = {"schema": "plugwarden.declaration/v1", "secrets": [declared], "failure_mode": declared}
    files = {
        "index.js": code.encode(),
        ".netrc": f"machine acme.io login bob password {PASSWORD}\n".encode(),
        f"backup/{TOKENS['path']}.js": b"eval(process.argv[2]);\n",
        "plugin-governance.json": json.dumps(declaration).encode(),
        "a.gz": gzip.compress(plain.encode()),
    }
    return npm_package(
        files=files,
        description=f"Takes {TOKENS['description']} to work",
        keywords=[TOKENS["keyword"]],
        dependencies={"other": f"git+https://bob:{TOKENS['dependency']}@github.com/acme/other.git"},
        repository=f"https://bob:{TOKENS['dependency']}@github.com/acme/tools",
        scripts={"postinstall": f"node index.js {TOKENS['plain']}"},
    )


@pytest.fixture
def owner():
    return OwnerTeamFactory(members=[UserFactory()]).members.get()


def stored():
    """Every row of every table, history and ledger included, and every file of the storage but artifacts."""
    for model in apps.get_models():
        for row in model._default_manager.all().iterator():
            yield f"{model.__name__} {row.pk}", serializers.serialize("json", [row])
    artifacts = Path(settings.DATA_DIR, "artifacts")
    for file in Path(settings.DATA_DIR).rglob("*"):
        if file.is_file() and artifacts not in file.parents and "packages" not in file.parts:
            yield str(file), read_elsewhere(file).decode("latin-1")


def read_elsewhere(file):
    """The bytes of a file, read by another process: closing SQLite's file here would lose this process its locks on it.

    Other processes would then take the database for unused and put its log away, and this one go on with the old log.
    """
    return subprocess.run(["cat", "--", str(file)], capture_output=True, check=True).stdout


def test_no_value_is_stored_anywhere(policy, owner, caplog):
    caplog.set_level(logging.DEBUG)
    submission = submit(actor=owner, **upload(package()))
    run = execute_run(run_id=VettingRun.objects.get(version=submission.version).pk)

    checks = {check["code"]: check for check in run.report["checks"]}
    assert checks["secrets"]["status"] == CheckStatus.FAILED, checks["secrets"]["reason"]
    found = {finding["path"] for finding in run.report["findings"] if finding["check"] == "secrets"}
    assert found >= {"index.js", ".netrc", "package.json", "plugin-governance.json", "backup/….js"}
    version = PluginVersion.objects.get(pk=run.version_id)
    version.start_vetting()
    version.save(update_fields=["state"])
    execute_run(run_id=request_run(version=version, actor=None, trigger=Trigger.ADVISORY).pk)

    values = {PASSWORD, *TOKENS.values(), *(base64.b64encode(value.encode()).decode() for value in TOKENS.values())}
    places = [(where, value) for where, text in stored() for value in values if value in text]
    assert places == []
    assert not [value for value in values if value in caplog.text]


def test_what_found_credentials_is_not_kept_and_what_is_kept_is_clean(policy, owner):
    submission = submit(actor=owner, **upload(package()))
    execute_run(run_id=VettingRun.objects.get(version=submission.version).pk)

    assert set(KeptResult.objects.values_list("check_code", flat=True)) >= {"static", "malware"}
    assert not KeptResult.objects.filter(check_code__in=("secrets", "intake")).exists()
