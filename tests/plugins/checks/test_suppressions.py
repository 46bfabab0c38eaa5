from __future__ import annotations

import pytest

from governance.vocabulary import Severity
from plugins.checks.suppressions import in_text, suppressions
from tests.plugins.checks.engine_cases import token, workspace


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("nosec", "x = eval(y)  # nosec B307"),
        ("noqa-security", "x = eval(y)  # noqa: S307"),
        ("ast-grep-ignore", "// ast-grep-ignore: js-eval"),
        ("nosemgrep", "eval(x) // nosemgrep: rule"),
        ("eslint-disable", "/* eslint-disable */"),
        ("kingfisher-ignore", "x // kingfisher:ignore"),
        ("gitleaks-allow", "x # gitleaks:allow"),
        ("allowlist-secret", "x # pragma: allowlist secret"),
        ("trufflehog-ignore", "x # trufflehog:ignore"),
        ("nosonar", "x // NOSONAR"),
        ("codeql-ignore", "x // codeql[js/eval]"),
        ("phpcs-ignore", "x // phpcs:ignore"),
    ],
)
def test_in_text_reports_each_marker_with_its_line(name, line):
    (finding,) = in_text("src/a.py", f"first\n{line}\n{line}\n".encode(), check="static")

    assert (finding.rule, finding.severity, finding.path, finding.line) == (
        f"suppression-{name}",
        Severity.INFO,
        "src/a.py",
        2,
    )
    assert "2 times" in finding.detail


def test_in_text_leaves_everyday_words_alone():
    text = b"import x  # noqa: F401\nno security, nosecret, listing[0], a list of semantics\n"

    assert list(in_text("a.py", text, check="static")) == []


def test_in_text_never_shows_the_line():
    text = f'k = "{token()}"  # nosec gitleaks:allow pragma: allowlist secret\n'.encode()

    assert token() not in repr(list(in_text("a.py", text, check="static")))


def test_suppressions_reports_ignore_files_and_sections(tmp_path):
    files = {"a/.semgrepignore": "*", "pyproject.toml": "[tool.bandit]\nskips = []\n", "x.js": "1", "doc.md": "# nosec"}
    space = workspace(tmp_path, files)

    found = suppressions(space.root, space.package.files, check="static")

    assert [(finding.rule, finding.path) for finding in found] == [
        ("suppression-ignore-file", "a/.semgrepignore"),
        ("suppression-bandit-section", "pyproject.toml"),
    ]


def test_suppressions_follows_no_link(tmp_path):
    space = workspace(tmp_path, {"a.py": "1"})
    (tmp_path / "outside.py").write_text("# nosec")
    (space.root / "a.py").unlink()
    (space.root / "a.py").symlink_to(tmp_path / "outside.py")

    assert suppressions(space.root, space.package.files, check="static") == []
