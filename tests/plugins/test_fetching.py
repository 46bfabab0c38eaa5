"""Getting a package by path or by name. Downloads are in commands/test_real_packages.py."""

import os

import pytest

from plugins.fetching import FetchFailed, fetch


def refused(target, tmp_path, **more):
    with pytest.raises(FetchFailed) as caught:
        fetch(target, into=tmp_path, **more)
    assert str(caught.value).isprintable()
    return caught.value.code


def shelve(cache, spec, name):
    folder = cache / "packages" / spec
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"kept")
    return folder / name


def test_a_path_is_taken_as_it_is(tmp_path):
    file = tmp_path / "plugin.zip"
    file.write_bytes(b"x")

    assert fetch(str(file), into=tmp_path).path == file


@pytest.mark.parametrize(
    ("target", "code"),
    [("", "not-a-file"), ("folder", "not-a-file"), ("nothing.tgz", "no-such-file"), ("\x1b[2J", "no-such-file")],
)
def test_what_is_no_file_is_refused(tmp_path, monkeypatch, target, code):
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)

    assert refused(target, tmp_path) == code


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    assert refused(str(tmp_path / "pipe"), tmp_path) == "no-such-file"


@pytest.mark.parametrize(
    "target",
    [
        "npm:left-pad", "npm:@1.0.0", "npm:--help@1.0.0", "npm:-g@1", "npm:../../x@1.0.0", "npm:a b@1.0.0",
        "npm:x@latest", "npm:x@1", "npm:x@1.2", "npm:x@1.2.x",
        "npm:x@1.0.0;id", "npm:file:x@1", "npm:https://example.com/x@1", "npm:@a/b/c@1.0.0",
        "pypi:requests", "pypi:requests>=2", "pypi:--index-url==1", "pypi:x==1 --pre", "pypi:x[extra]==1",
        "pypi:x @ https://example.com/x.whl", "pypi:../x==1", "pypi:x==", "pypi:x==1\n-r /etc/passwd",
    ],
)  # fmt: skip
def test_only_an_exact_name_and_version_is_asked_for(tmp_path, target):
    assert refused(target, tmp_path) == "bad-target"


def test_what_was_fetched_before_is_not_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    kept = shelve(tmp_path / "cache", "@acme%2Fnode@1.0.0", "acme-node-1.0.0.tgz")

    assert fetch("npm:@acme/node@1.0.0", into=tmp_path, cache=tmp_path / "cache").path == kept


def test_two_names_never_share_a_shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    shelve(tmp_path / "cache", "@acme_node@1.0.0", "other-1.0.0.tgz")

    assert refused("npm:@acme/node@1.0.0", tmp_path, cache=tmp_path / "cache") == "npm-missing"


@pytest.mark.parametrize("fault", ["npm error", "npm ERR!"], ids=["npm 10", "npm 9"])
def test_what_npm_says_is_told_in_one_line(tmp_path, monkeypatch, fault):
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "npm"
    lines = (
        rf"{fault} 404 the \033[31mpackage could not be found",
        f"{fault} 404 Note that you can",
        "A complete log",
    )
    said = r"\n".join(lines)
    program.write_text(f"#!/bin/sh\nprintf '{said} is in /x' >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    into = tmp_path / "into"
    into.mkdir()

    with pytest.raises(FetchFailed) as caught:
        fetch("npm:x@1.0.0", into=into, cache=tmp_path / "cache")

    assert str(caught.value) == f"npm could not fetch x@1.0.0: {fault} 404 the [31mpackage could not be found."
    assert caught.value.code == "not-found"
    assert not (tmp_path / "cache").exists()


def test_fetch_refuses_a_path_the_system_cannot_take(tmp_path):
    with pytest.raises(FetchFailed, match="cannot be read") as caught:
        fetch("a" * 5000, into=tmp_path)
    assert caught.value.code == "unreadable"
