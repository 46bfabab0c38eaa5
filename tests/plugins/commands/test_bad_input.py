"""What cannot be vetted gets one sentence and exit 2, and leaves nothing behind."""

import io
import json
import os
import tarfile
import zipfile

import pytest
from django.conf import settings

from tests.plugins.commands.cases import run, vet, vet_json

pytestmark = pytest.mark.django_db

NODE = {"name": "n8n-nodes-x", "version": "1.0.0", "n8n": {"n8nNodesApiVersion": 1, "nodes": ["dist/X.node.js"]}}
RED = {"name": "node-red-contrib-x", "version": "1.0.0", "node-red": {"nodes": {"x": "x.js"}}}
CODE = {"package/dist/X.node.js": "module.exports = 1;\n"}


def tgz(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def node(**changes):
    return tgz({"package/package.json": json.dumps({**NODE, **changes}), **CODE})


def encrypted():
    raw = bytearray(zipped({"package.json": json.dumps(NODE)}))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def linked():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo("package/link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    return buffer.getvalue()


BAD = {
    "empty": b"",
    "no archive": b"just some text\n",
    "truncated": node()[:-40],
    "encrypted": encrypted(),
    "link": linked(),
    "traversal": tgz({"../../x": "x"}),
    "bomb": zipped({"package.json": json.dumps(NODE), "zeros.bin": bytes(60 << 20)}),
    "no files": tgz({}),
    "no manifest's code": tgz({"package/package.json": json.dumps(NODE)}),
    "broken JSON": tgz({"package/package.json": "{", **CODE}),
    "JSON that is no object": tgz({"package/package.json": "[]", **CODE}),
    "endless JSON": tgz({"package/package.json": "[" * 100_000, **CODE}),
    "broken TOML": tgz(
        {
            "x-1.0/PKG-INFO": "Metadata-Version: 2.1\nName: x\nVersion: 1.0\n",
            "x-1.0/pyproject.toml": "[",
            "x-1.0/x.py": "1",
        }
    ),
    "markup for a name": node(name="<script>alert(1)</script>"),
    "a path for a name": node(name="../../x"),
    "no version": node(version="latest"),
    "an escape for a version": node(version="1.0.0\x1b[2J"),
    "two formats": tgz({"package/package.json": json.dumps({**NODE, **RED}), "package/x.js": "1", **CODE}),
    "a manifest twice": zipped({"package.json": json.dumps(NODE), "PACKAGE.json": json.dumps(NODE), **CODE}),
    "two wheels in one": zipped(
        {
            f"{name}-1.0.dist-info/{file}": f"Metadata-Version: 2.1\nWheel-Version: 1.0\nName: {name}\nVersion: 1.0\n"
            for name in ("a", "b")
            for file in ("METADATA", "WHEEL", "RECORD")
        }
    ),
}


def leftovers():
    return sorted(str(path) for path in (settings.DATA_DIR / "work").rglob("*"))


def refused(path):
    before = leftovers()  # a report that other tests share may keep its folder open
    code, document = vet_json(path)
    assert (code, set(document)) == (2, {"schema", "error"})
    message = document["error"]["message"]
    assert message.isprintable()
    assert message.endswith(".")
    assert leftovers() == before
    return document["error"]


@pytest.mark.parametrize("what", BAD)
def test_bad_archives_get_one_sentence(tmp_path, what):
    (tmp_path / "plugin.tgz").write_bytes(BAD[what])

    assert len(refused(tmp_path / "plugin.tgz")["message"]) < 400


def test_a_file_of_200_mb_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "plugin.tgz").open("wb") as file:
        file.truncate(200 << 20)

    assert refused(tmp_path / "plugin.tgz")["code"] == "too-large"


def test_100_000_entries_are_refused(tmp_path):
    (tmp_path / "plugin.zip").write_bytes(zipped({f"f{number}": b"" for number in range(100_000)}))

    assert refused(tmp_path / "plugin.zip")["code"] == "too-many-entries"


@pytest.mark.parametrize(
    ("target", "code"), [(".", "not-a-file"), ("none.tgz", "no-such-file"), ("npm:x", "bad-target")]
)
def test_bad_targets_get_one_sentence(tmp_path, monkeypatch, target, code):
    monkeypatch.chdir(tmp_path)

    assert refused(target)["code"] == code


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "plugin.tgz"
    path.write_bytes(node())
    ask = os.access
    monkeypatch.setattr(os, "access", lambda file, mode: file != path and ask(file, mode))  # root may read everything

    assert refused(path)["code"] == "unreadable"


@pytest.mark.parametrize("form", ["text", "sarif", "cyclonedx"])
def test_every_format_has_its_refusal(tmp_path, form):
    (tmp_path / "plugin.tgz").write_bytes(b"x")

    ended = vet(tmp_path / "plugin.tgz", "--format", form)

    assert ended.code == 2
    assert (ended.out == "") == (form == "text")
    assert (ended.err == "") == (form != "text")


def test_a_refusal_obeys_no_escape_of_a_file_name(tmp_path):
    (tmp_path / "a\x1b[2Jb.tgz").write_bytes(b"x")

    ended = vet(tmp_path / "a\x1b[2Jb.tgz")

    assert (ended.code, "\x1b" in ended.out + ended.err) == (2, False)


def test_a_process_of_its_own_prints_no_traceback_and_no_warning(tmp_path):
    (tmp_path / "plugin.tgz").write_bytes(BAD["truncated"])

    ended = run(tmp_path / "data", tmp_path / "plugin.tgz")

    assert (ended.code, ended.out, len(ended.err.strip().splitlines())) == (2, "", 1)


@pytest.mark.parametrize("arguments", [[], ["x.tgz", "--format", "xml"], ["x.tgz", "--fail-on", "severe"]])
def test_wrong_arguments_are_bad_input(tmp_path, arguments):
    assert run(tmp_path / "data", *arguments).code == 2


def test_a_data_folder_that_cannot_be_made_gets_one_sentence(tmp_path):
    (tmp_path / "file").touch()

    ended = run(tmp_path / "file" / "data", "x.tgz")

    assert ended.code == 2
    assert ended.err.startswith("The data folder cannot be used: ")
    assert ended.err.endswith("Name another one in PLUGWARDEN_DATA.\n")
