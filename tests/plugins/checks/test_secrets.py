"""The secrets check with the real engine, and with engines broken in every way."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from governance.vocabulary import CheckStatus, Severity
from plugins.checks import kingfisher, secrets_view, unfolded
from plugins.checks.secrets import SALT_FILE, SecretsCheck
from plugins.checks.secrets_canaries import planted
from plugins.checks.warm import warm
from plugins.sandbox import Limits
from tests.plugins.checks.engine_cases import CACHE, aws_pair, program, token, workspace


@pytest.fixture(scope="module", autouse=True)
def _warmed():
    warm(CACHE)


def result_text(result):
    return json.dumps([result.reason, result.evidence, [repr(finding) for finding in result.findings]])


def test_secrets_are_found_and_their_values_never_leave(tmp_path):
    key, secret = aws_pair()
    files = {
        "dist/a.js": f'\nconst t = "{token()}";\n',
        "b.py": f'aws_access_key_id = "{key}"\naws_secret_access_key = "{secret}"\n',
    }

    result = SecretsCheck().run(workspace(tmp_path, files))

    assert result.status is CheckStatus.FAILED
    assert [(f.path, f.line, f.severity) for f in result.findings] == [
        ("b.py", 1, Severity.HIGH),
        ("dist/a.js", 2, Severity.HIGH),
    ]
    assert result.findings[1].snippet == f"github-pat ending in {token()[-4:]}"
    assert not any(value in result_text(result) for value in (token(), token()[4:], key, secret))
    assert result.examined == 2
    assert (result.engine, bool(result.engine_version)) == ("kingfisher", True)


def test_a_clean_package_passes_and_counts_every_file(tmp_path):
    files = {"index.js": "module.exports = 1;\n", "copy.js": "module.exports = 1;\n", "empty.py": "", "x.bin": b"\0\1"}

    result = SecretsCheck().run(workspace(tmp_path, files))

    assert (result.status, result.examined, result.findings) == (CheckStatus.PASSED, 4, ())


@pytest.mark.parametrize(
    "path",
    [
        "node_modules/x/index.js", "package-lock.json", "logo.png", "test/fixtures/a.js", "vendor/lib.min.js",
        ".git/config", "yarn.lock", "dist/x.map", "README.md", "no-suffix", "a b/ünï.txt",
    ],
)  # fmt: skip
def test_no_path_hides_a_secret(tmp_path, path):
    result = SecretsCheck().run(workspace(tmp_path, {path: f"token = {token()}\n"}))

    assert [finding.path for finding in result.findings] == [path]


def test_markers_and_ignore_files_of_the_submitter_hide_nothing(tmp_path):
    markers = "kingfisher:ignore betterleaks:allow gitleaks:allow pragma: allowlist secret nosec"
    ignoring = dict.fromkeys((".gitignore", ".ignore", ".kingfisherignore", ".gitleaksignore"), "*\n")

    result = SecretsCheck().run(workspace(tmp_path, {"a.js": f't = "{token()}"; // {markers}\n', **ignoring}))

    assert [finding.path for finding in result.findings] == ["a.js"]


@pytest.mark.parametrize("head", [b"PK\x03\x04", b"PK\x05\x06" + bytes(18)])
def test_what_starts_like_a_zip_is_read_all_the_same(tmp_path, head):
    files = {"data.npz": head + f'\nconst t = "{token()}";\n'.encode(), "index.js": "1\n"}

    result = SecretsCheck().run(workspace(tmp_path, files))

    assert (result.examined, [(f.path, f.line) for f in result.findings]) == (2, [("data.npz", 2)])


T = token()
PARTS = T[:9], T[9:22], T[22:]


@pytest.mark.parametrize(
    ("path", "content", "line", "how"),
    [
        ("a.js", f'x = 1;\nt = "{T.encode().hex()}";\n', 2, "hex"),
        ("a.css", "".join(f"%{ord(one):02x}" for one in T), 1, "percent signs"),
        ("a.json", '{"t": "' + "".join(f"\\u{ord(one):04x}" for one in T) + '"}', 1, "escapes"),
        ("a.txt", base64.b64encode(gzip.compress(T.encode())), 1, "base64 in gzip"),
        ("a.js", '\nt = "{}" +\n"{}" + "{}";'.format(*PARTS), 2, "joined constants"),
        ("a.py", 'A = "{}"\nB = A + "{}"\nC = f"{{B}}{}"\n'.format(*PARTS), 3, "joined constants"),
        ("a.php", "<?php define('A', '{}'); use(A . '{}' . '{}');".format(*PARTS), 1, "joined constants"),
        ("a.yaml", f'a: 1\nt: "{T[:9]}\\\n  {T[9:]}"\n', 2, "folded lines"),
        ("a.dat", gzip.compress(T.encode()), 1, "gzip"),
        ("a.txt", T.encode("utf-16"), 1, ""),
        ("a.txt", T.encode("utf-32"), 1, ""),
        ("dist/app.min.js", f'{"var a=1;" * 200_000}t="{T}";', 1, ""),
        ("odd.xyzzy", f"\n{T}\n", 2, ""),
        (".npmrc", f"//npm.acme.io/:_authToken={T[4:]}\n", 1, ""),
    ],
)
def test_every_kind_of_input_is_looked_into(tmp_path, path, content, line, how):
    result = SecretsCheck().run(workspace(tmp_path, {path: content, "index.js": "1\n"}))

    assert [(f.path, f.line) for f in result.findings] == [(path, line)], result.reason
    assert result.findings[0].snippet.endswith(T[-4:])
    assert result.findings[0].detail == (f"It stands there in {how}. " if how else "") + "Its value is not kept."
    assert not any(part in result_text(result) for part in (T, T[4:]))


def test_a_secret_in_the_name_of_a_file_is_found_and_not_shown(tmp_path):
    result = SecretsCheck().run(workspace(tmp_path, {f"backup/{T}.txt": "x\n"}))

    assert [(f.path, f.line) for f in result.findings] == [("backup/….txt", 0)]
    assert "the file's name" in result.findings[0].detail
    assert T not in result_text(result)


def test_a_private_key_in_binary_form_is_found(tmp_path):
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    result = SecretsCheck().run(
        workspace(tmp_path, {"server.der": key, "a.js": f'k = "{base64.b64encode(key).decode()}"'})
    )

    assert {(f.path, f.severity) for f in result.findings} == {
        ("a.js", Severity.HIGH),
        ("server.der", Severity.HIGH),
    }


def test_a_secret_in_many_places_of_a_file_is_one_finding(tmp_path):
    result = SecretsCheck().run(workspace(tmp_path, {"a.js": f"t = '{T}';\n" * 5, "b.js": f"// {T}\n"}))

    assert [(f.path, f.line) for f in result.findings] == [("a.js", 1), ("b.js", 1)]
    assert "5 places" in result.findings[0].detail


def test_examples_of_manuals_are_passed_over_and_counted(tmp_path):
    aws = "AKIAIOSFODNN7" + "EXAMPLE"
    example = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (
        b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890","name":"John Doe","iat":1516239022}', bytes(range(32)),
    ))  # fmt: skip

    result = SecretsCheck().run(workspace(tmp_path, {"README.md": f"{aws}\n", "a.js": f'\nt = "{example}";\n'}))

    assert (result.status, result.findings) == (CheckStatus.PASSED, ())
    assert [(one["path"], one["line"]) for one in result.evidence["placeholders_passed_over"]] == [("a.js", 2)]


def test_a_short_password_shows_none_of_its_characters(tmp_path):
    result = SecretsCheck().run(workspace(tmp_path, {".netrc": "machine acme.io login bob password Zq7!mVx2\n"}))

    (found,) = result.findings
    assert found.snippet == "netrc password"
    assert "mVx2" not in result_text(result)


def test_a_flood_of_encoded_text_is_told_and_what_is_planted_is_found_all_the_same(tmp_path):
    flood = "\n".join(base64.b64encode(b"this is the text with number %d" % number).decode() for number in range(2_100))

    result = SecretsCheck().run(workspace(tmp_path, {"a.txt": flood, "b.txt": f"{flood}\n"}))

    (found,) = result.findings
    assert (found.rule, found.severity) == ("encoded-text-not-read", Severity.LOW)
    assert "decoded in a.txt, b.txt." in found.detail
    assert result.status is CheckStatus.PASSED


def test_values_are_told_to_the_pipeline_alone_and_without_the_planted_ones(tmp_path):
    space = workspace(tmp_path, {"a.js": f"t = '{T}';\n"})

    SecretsCheck().run(space)

    assert space.credentials == {T}
    assert T not in repr(space)


@pytest.mark.parametrize("kind", [canary.kind for canary in planted()])
def test_each_planted_credential_that_is_not_found_leaves_the_check_inconclusive(tmp_path, monkeypatch, kind):
    def spoiled():
        return tuple(replace(one, value=token(9)) if one.kind == kind else one for one in planted())

    monkeypatch.setattr(secrets_view, "planted", spoiled)

    result = SecretsCheck().run(workspace(tmp_path, {"a.js": "1\n"}))

    assert result.status is CheckStatus.INCONCLUSIVE
    before, _open, kinds = result.reason.removesuffix(").").partition(" (")
    assert before == "The secret scanner did not find the fake credentials put there to test it"
    assert kind in kinds.split(", ")  # one of the others may be none by chance as well


def test_a_made_up_credential_that_the_engine_takes_for_none_is_made_up_anew(tmp_path, monkeypatch):
    spoiled = [tuple(replace(one, value=token(9)) for one in planted())]
    monkeypatch.setattr(secrets_view, "planted", lambda: spoiled.pop() if spoiled else planted())

    result = SecretsCheck().run(workspace(tmp_path, {"a.js": f"const t = '{T}';\n"}))

    assert (spoiled, result.status, len(result.findings)) == ([], CheckStatus.FAILED, 1)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"returncode": 1}, "could not be looked into"),
        ({"timed_out": True}, "could not be looked into"),
        ({"stdout": b""}, "could not be read"),
        ({"stdout": b'{"done": 1}\n'}, "not looked into in all files"),
        ({"stdout": b"[" * 100_000}, "could not be read"),
        ({"stdout": None}, "is not there"),
    ],
)
def test_an_unfolding_engine_that_breaks_never_passes(tmp_path, monkeypatch, answer, said):
    real = unfolded.run_python

    def broken(*args, **more):
        result = real(*args, **more)
        if answer.get("stdout", b"") is None:
            for file in more["binds"][1].source.iterdir():
                file.unlink()
            return result
        return replace(result, **answer)

    monkeypatch.setattr(unfolded, "run_python", broken)

    result = SecretsCheck().run(workspace(tmp_path, {"a.js": "1\n"}))

    assert (result.status, result.examined) == (CheckStatus.INCONCLUSIVE, 0)
    assert said in result.reason


def test_one_start_of_the_engine_for_everything(tmp_path, monkeypatch):
    started = []
    real = kingfisher.run
    monkeypatch.setattr(kingfisher, "run", lambda argv, **more: started.append(argv) or real(argv, **more))

    SecretsCheck().run(workspace(tmp_path, {"a.js": f"t = '{T.encode().hex()}';\n"}))

    assert len(started) == 1


def test_equal_files_each_get_their_finding(tmp_path):
    text = f't = "{token()}"\n'

    result = SecretsCheck().run(workspace(tmp_path, {"a.js": text, "b.js": text}))

    assert [finding.path for finding in result.findings] == ["a.js", "b.js"]
    assert len({finding.symbol for finding in result.findings}) == 1
    assert len({finding.fingerprint for finding in result.findings}) == 2


def test_the_salted_digest_is_stable_for_one_installation_only(tmp_path):
    space = workspace(tmp_path, {"a.js": f't = "{token()}"\n'})
    shutil.copytree(CACHE / "kingfisher", tmp_path / "other" / "kingfisher")
    warm_salt = (CACHE / SALT_FILE).stat().st_mode & 0o777

    first, second = SecretsCheck().run(space), SecretsCheck().run(space)
    elsewhere = SecretsCheck().run(replace(space, cache=tmp_path / "other"))

    assert first.findings[0].symbol == second.findings[0].symbol
    assert first.findings[0].symbol != elsewhere.findings[0].symbol
    assert warm_salt == 0o600


def test_a_file_closed_to_others_is_scanned_too(tmp_path):
    space = workspace(tmp_path, {"a.js": f't = "{token()}"\n'})
    (space.root / "a.js").chmod(0o600)

    assert len(SecretsCheck().run(space).findings) == 1


def test_the_scan_leaves_nothing_in_scratch(tmp_path):
    space = workspace(tmp_path, {"a.js": "1\n"})

    SecretsCheck().run(space)

    assert [path for path in space.scratch.rglob("*") if path.is_file()] == []


ENVELOPE = {
    "findings": [],
    "audit": {"summary": {"scan_partial": 0, "scan_failed": 0, "pending": 0, "scan_succeeded": 1}},
}
SUMMARY = {"blobs_scanned": 3, "rules_applied": 488, "kingfisher": {"version_used": "9"}}
CLEAN = f"echo '{json.dumps(ENVELOPE)}'; echo '{json.dumps(SUMMARY)}'; exit 200"


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("exit 0", "could not be read"),
        ("exit 1", "exit code 1"),
        ("echo garbage", "could not be read"),
        ("echo '{}'; echo '{}'", "could not be read"),
        ("echo '[]'; echo '[]'", "could not be read"),
        ("kill -9 $$", "SIGKILL"),
        ("yes | head -c 1000000000", "MiB of output"),
        ("sleep 60", "stopped after"),
        ("head -c 100000 /dev/zero | tr '\\0' '['; echo; echo 1", "could not be read"),
        (CLEAN, "did not find the fake credentials"),
        (CLEAN.replace('"scan_partial": 0', '"scan_partial": 1'), "did not finish"),
        (CLEAN.replace('"rules_applied": 488', '"rules_applied": 0'), "did not finish"),
    ],
)
def test_a_broken_engine_never_passes(tmp_path, monkeypatch, engine, said):
    monkeypatch.setattr(kingfisher, "LIMITS", Limits(wall_seconds=2, output_bytes=1 << 20))
    check = SecretsCheck(program=program(tmp_path, engine))

    result = check.run(workspace(tmp_path, {"a.js": "1\n"}))

    assert result.status is CheckStatus.INCONCLUSIVE
    assert said in result.reason


def test_a_missing_engine_never_passes(tmp_path):
    check = SecretsCheck(program=tmp_path / "not-there")

    result = check.run(workspace(tmp_path, {"a.js": "1\n"}))

    assert (result.status, result.examined) == (CheckStatus.INCONCLUSIVE, 0)
    assert "does not exist" in result.reason


def test_an_engine_that_skips_a_file_never_passes(tmp_path):
    wrapper = program(
        tmp_path,
        'mkdir /tmp/less && cp /view/canary* /tmp/less/ && shift && shift && exec /real/kingfisher scan /tmp/less "$@"',
    )
    real = kingfisher.binary()
    whole = tmp_path / "whole"
    whole.mkdir()
    os.link(real, whole / "kingfisher")

    def with_real(argv, **options):
        options["binds"].append(kingfisher.Bind(whole, "/real"))
        return run(argv, **options)

    run, kingfisher.run = kingfisher.run, with_real
    try:
        result = SecretsCheck(program=wrapper).run(workspace(tmp_path, {"a.js": f't = "{token()}"\n'}))
    finally:
        kingfisher.run = run

    assert result.status is CheckStatus.INCONCLUSIVE
    assert re.search(r"looked at 15 of \d\d files", result.reason)


def test_a_file_missing_from_the_tree_never_passes(tmp_path):
    space = workspace(tmp_path, {"a.js": "1\n", "b.js": "2\n"})
    (space.root / "b.js").unlink()

    assert SecretsCheck().run(space).status is CheckStatus.INCONCLUSIVE


def test_nothing_to_look_at_does_not_apply(tmp_path):
    assert not SecretsCheck().applies_to(workspace(tmp_path, {}).package)


def test_warm_is_quick_when_warm_and_the_check_uses_it(tmp_path):
    folder = kingfisher.cache_folder(CACHE)
    before = sorted((file.name, file.stat().st_mtime_ns) for file in folder.iterdir())

    warm(CACHE)
    result = SecretsCheck().run(workspace(tmp_path, {"a.js": "1\n"}))

    assert sorted((file.name, file.stat().st_mtime_ns) for file in folder.iterdir()) == before
    assert result.cpu_ms < 5000
