"""Running `vet` as its users do, and the schema every document of it has to fit; not a test module."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.core.management import call_command
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "docs" / "schemas" / "vetting.v1.schema.json"


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self):
        """Standard output as a document that fits the schema."""
        return valid(json.loads(self.out))


@cache
def validator():
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def valid(document):
    """The document, if it fits the schema."""
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator().iter_errors(document)]
    assert not faults, faults[:3]
    return document


def vet(*arguments):
    """`manage.py vet` in this process."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("vet", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as ended:
        code = ended.code
    return Ended(code, out.getvalue(), err.getvalue())


def vet_json(*arguments):
    """`vet --format json`: the exit code and the document."""
    ended = vet(*arguments, "--format", "json")
    return ended.code, ended.document


def spawn(data, *arguments, **environment):
    """`manage.py vet` in a process of its own, with an own data folder and warnings on."""
    surroundings = {**os.environ, "PLUGWARDEN_DATA": str(data), **environment}
    surroundings = {name: value for name, value in surroundings.items() if value is not None}
    command = [sys.executable, "-W", "always", "manage.py", "vet", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(data, *arguments, **environment):
    """`spawn`, waited for."""
    process = spawn(data, *arguments, **environment)
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err)
