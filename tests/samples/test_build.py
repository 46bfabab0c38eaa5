"""The samples are what they claim to be: the demo and many tests rest on that."""

import base64
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tomllib
import xml.etree.ElementTree as ET
import zipfile
import zlib
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from governance.vocabulary import Capability
from samples import build

ROOT = Path(build.HERE).parent
SCHEMA = ROOT / "docs" / "schemas" / "plugin-governance.v1.schema.json"
KINGFISHER = Path(sys.executable).parent / "kingfisher"
SCAN = ("--no-validate", "--no-update-check", "--no-ignore", "--no-dedup", "-f", "json")
DECLARATIONS = sorted(build.HERE.rglob("plugin-governance.json"))
CLEAN = build.HERE / "n8n-nodes-weather-desk"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return {sample.name: sample for sample in build.build_all(tmp_path_factory.mktemp("built"))}


def content_of(archive):
    """Give an archive's files in memory, by path."""
    if archive.suffix == ".tgz":
        with tarfile.open(archive) as tar:
            return {entry.name: tar.extractfile(entry).read() for entry in tar}
    with zipfile.ZipFile(archive) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def secrets_in(*folders):
    """Scan with the user's warmed rule cache: compiling the rules anew takes ten seconds."""
    command = [KINGFISHER, "scan", *folders, *SCAN]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    report = json.loads(done.stdout.splitlines()[0])
    assert report["metadata"]["summary"]["blobs_scanned"] > len(DECLARATIONS)
    return [(found["rule"]["name"], Path(found["finding"]["path"])) for found in report["findings"]]


def test_build_all_gives_the_archives_their_platforms_name(built):
    assert [sample.filename for sample in built.values()] == [
        "n8n-nodes-weather-desk-1.4.0.tgz",
        "node-red-contrib-stock-ticker-0.9.3.tgz",
        "acme_crm_connector-2.3.1-py3-none-any.whl",
        "n8n-nodes-quick-notes-0.3.0.tgz",
        "invoice-hub-connector-1.2.0.zip",
    ]
    assert {sample.sha256 for sample in built.values()} == {
        hashlib.sha256(sample.path.read_bytes()).hexdigest() for sample in built.values()
    }


def test_build_all_gives_the_same_bytes_later_and_from_a_touched_checkout(built, tmp_path, monkeypatch):
    # times and modes of a checkout differ from one machine to the next
    tree = tmp_path / "samples"
    for path in build.HERE.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = tree / path.relative_to(build.HERE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            copy.chmod(0o600)
    monkeypatch.setattr(build, "HERE", tree)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)

    again = build.build_all(tmp_path / "again")

    assert [sample.sha256 for sample in again] == [sample.sha256 for sample in built.values()]


def test_module_builds_from_the_command_line(built, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "samples.build", tmp_path], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == [f"{s.sha256}  {tmp_path / s.filename}" for s in built.values()]


def test_npm_archives_hold_what_npm_would_pack(built):
    names = set(content_of(built["n8n-nodes-weather-desk"].path))

    assert {name.split("/")[0] for name in names} == {"package"}
    assert {"package/package.json", "package/README.md", "package/LICENSE", "package/CHANGELOG.md"} <= names
    assert "package/test/load.js" not in names


def test_npm_manifests_name_files_that_are_packed(built):
    for name in ("n8n-nodes-weather-desk", "n8n-nodes-quick-notes", "node-red-contrib-stock-ticker"):
        content = content_of(built[name].path)
        manifest = json.loads(content["package/package.json"])
        n8n, node_red = manifest.get("n8n", {}), manifest.get("node-red", {})
        loaded = [*n8n.get("nodes", []), *n8n.get("credentials", []), *node_red.get("nodes", {}).values()]
        assert loaded
        assert [path for path in loaded if f"package/{path}" not in content] == []


def test_wheel_record_verifies(built):
    content = content_of(built["acme-crm-connector"].path)
    own = next(name for name in content if name.endswith(".dist-info/RECORD"))

    rows = list(csv.reader(io.StringIO(content[own].decode())))

    assert [row[0] for row in rows] == list(content)
    for name, digest, size in rows:
        if name == own:
            assert (digest, size) == ("", "")
        else:
            actual = base64.urlsafe_b64encode(hashlib.sha256(content[name]).digest()).rstrip(b"=").decode()
            assert (digest, size) == (f"sha256={actual}", str(len(content[name])))


def test_wheel_installs_and_states_its_dependencies(built, tmp_path):
    wheel = built["acme-crm-connector"].path

    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--isolated"]
    subprocess.run(
        [*pip, "install", "--no-index", "--no-deps", "--quiet", "--root-user-action=ignore", "-t", tmp_path, wheel],
        check=True,
        capture_output=True,
    )

    assert (tmp_path / "acme_crm_connector" / "connector.py").is_file()
    metadata = (tmp_path / "acme_crm_connector-2.3.1.dist-info" / "METADATA").read_text(encoding="utf-8")
    stated = re.findall(r"^Requires-Dist: (.+)$", metadata, re.MULTILINE)
    project = tomllib.loads((build.HERE / "acme-crm-connector" / "pyproject.toml").read_text(encoding="utf-8"))
    assert stated == project["project"]["dependencies"]


def test_leaked_token_has_a_valid_checksum():
    token = build.leaked_token()

    checksum = 0
    for digit in token[-6:]:
        checksum = checksum * 62 + build.BASE62.index(digit)

    assert re.fullmatch(r"ghp_[0-9A-Za-z]{36}", token)
    assert checksum == zlib.crc32(token[4:-6].encode())


def test_secret_scanner_finds_the_token_in_the_wheel_only(built, tmp_path):
    tree = tmp_path / "wheel"
    for name, data in content_of(built["acme-crm-connector"].path).items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    assert secrets_in(tree, build.HERE) == [("github-pat", tree / "acme_crm_connector" / "settings.py")]


def test_every_json_and_xml_file_parses():
    for path in build.HERE.rglob("*.json"):
        json.loads(path.read_bytes())
    for path in (*build.HERE.rglob("*.xml"), *build.HERE.rglob("*.svg")):
        ET.fromstring(path.read_bytes())  # noqa: S314 - our own files


@pytest.mark.parametrize("path", DECLARATIONS, ids=lambda path: path.relative_to(build.HERE).parts[0])
def test_declarations_follow_the_schema(path):
    declaration = json.loads(path.read_bytes())

    jsonschema.Draft202012Validator(
        json.loads(SCHEMA.read_bytes()), format_checker=jsonschema.FormatChecker()
    ).validate(declaration)
    assert set(declaration["capabilities"]) <= set(Capability)
    assert all(flow["recipients"] for flow in declaration["data_flows"])
    date.fromisoformat(declaration["support"]["until"])


def test_there_is_a_declaration_in_every_archive(built):
    assert len(DECLARATIONS) == len(build.SAMPLES)
    for sample in built.values():
        assert any(name.endswith("plugin-governance.json") for name in content_of(sample.path)), sample.name


def test_clean_sample_declares_everything_and_its_evidence_is_packed(built):
    declaration = json.loads((CLEAN / "plugin-governance.json").read_bytes())
    content = content_of(built[CLEAN.name].path)

    results = ET.fromstring(content[f"package/{declaration['test_evidence']}"])  # noqa: S314 - our own file

    schema = json.loads(SCHEMA.read_bytes())
    assert set(schema["properties"]) - {"$schema", "plugin"} <= set(declaration)
    assert f"package/{declaration['load_evidence']}" in content
    assert len(list(results.iter("testcase"))) >= 5
    assert not list(results.iter("failure"))
    assert f"package/{declaration['coverage_report']}" in content
    assert declaration["test_coverage"] >= 90


def hosts_named_in_code(sample):
    code = b"".join(data for name, data in content_of(sample.path).items() if name.endswith((".js", ".py")))
    return set(re.findall(r"(?:https://|hostname: ')([a-z.-]+\.example)", code.decode()))


def test_only_the_stock_ticker_names_a_host_it_does_not_declare(built):
    undeclared = {}
    for path in DECLARATIONS:
        declared = {entry["host"] for entry in json.loads(path.read_bytes())["egress"]}
        name = path.relative_to(build.HERE).parts[0]
        undeclared[name] = hosts_named_in_code(built[name]) - declared

    assert undeclared.pop("node-red-contrib-stock-ticker") == {"metrics.elsewhere.example"}
    assert set().union(*undeclared.values()) == set()


def test_quick_notes_hook_says_how_long_a_file_is_and_nothing_of_what_is_in_it(tmp_path):
    (tmp_path / ".npmrc").write_text("canary", encoding="utf-8")
    hook = build.HERE / "n8n-nodes-quick-notes" / "scripts" / "postinstall.js"

    done = subprocess.run(["node", hook], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/local/bin"},
                          capture_output=True, text=True, check=True)  # fmt: skip

    assert "~/.npmrc is there, 6 bytes" in done.stdout
    assert "canary" not in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == [".npmrc"]


def test_clean_sample_passes_its_own_tests():
    done = subprocess.run(
        ["npm", "test", "--silent"], cwd=CLEAN, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stdout
    assert "\n# pass 9\n" in done.stdout
    coverage = re.search(r"WeatherDesk\.node\.js\s*\|\s*([\d.]+)", done.stdout)
    assert float(coverage[1]) >= json.loads((CLEAN / "plugin-governance.json").read_bytes())["test_coverage"]
