"""An artifact against its source, file by file."""

import hashlib

import pytest

from plugins.package import SourceFile
from plugins.provenance.sources import Standing, compare_source


@pytest.fixture
def compare(tmp_path):
    def compared(artifact, source):
        trees = []
        for name, files in (("artifact", artifact), ("source", source)):
            listed = []
            for path, content in sorted(files.items()):
                file = tmp_path / name / path
                file.parent.mkdir(parents=True, exist_ok=True)
                data = content.encode()
                file.write_bytes(data)
                language = {"py": "python", "js": "javascript"}.get(path.rpartition(".")[2])
                listed.append(SourceFile(path, len(data), hashlib.sha256(data).hexdigest(), language))
            trees.append(listed)
        return compare_source(*trees, root=tmp_path / "artifact", source_root=tmp_path / "source")

    return compared


def standings(found):
    return {file.path: file.standing.value for file in found.files}


def test_each_file_is_told_how_it_stands(compare):
    found = compare(
        {
            "package.json": "{}",
            "index.js": "evil()",
            "dist/main.js": "1",
            "dist/types.d.ts": "1",
            "helper.js": "1",
            "README.md": "one\r\ntwo\r\n",
        },
        {"package.json": "{}", "index.js": "good()", "README.md": "one\ntwo\n", "test/index.js": "1"},
    )

    assert standings(found) == {
        "package.json": "identical",
        "README.md": "identical",
        "index.js": "differs",
        "dist/main.js": "built",
        "dist/types.d.ts": "built",
        "helper.js": "added",
        "test/index.js": "source-only",
    }
    assert found.counts == {
        "identical": 2, "differs": 1, "packed": 0, "built": 2, "added": 1, "source-only": 1,
    }  # fmt: skip
    assert found.folder == ""


def test_the_folder_of_a_monorepo_is_found(compare):
    found = compare(
        {"package.json": '{"name": "one"}', "index.js": "one"},
        {
            "package.json": "root",
            "packages/one/package.json": '{"name": "one"}',
            "packages/one/index.js": "one",
            "packages/two/package.json": '{"name": "two"}',
            "packages/two/index.js": "two",
        },
    )

    assert found.folder == "packages/one"
    assert found.counts["identical"] == 2


def test_wheel_finds_its_package_below_src(compare):
    found = compare(
        {"acme/__init__.py": "1", "acme/plugin.py": "2", "acme-1.0.dist-info/METADATA": "x", "acme/_version.py": "3"},
        {"src/acme/__init__.py": "1", "src/acme/plugin.py": "2", "pyproject.toml": "x"},
    )

    assert found.folder == "src"
    assert standings(found)["acme-1.0.dist-info/METADATA"] == "packed"
    assert standings(found)["acme/_version.py"] == "added"


def test_packing_tools_may_write_their_files_but_not_others(compare):
    found = compare(
        {"PKG-INFO": "new", "setup.cfg": "rewritten", "setup.py": "rewritten"},
        {"setup.cfg": "as it was", "setup.py": "as it was"},
    )

    assert standings(found) == {"PKG-INFO": "packed", "setup.cfg": "packed", "setup.py": "differs"}


def test_python_is_never_excused_by_the_name_of_its_folder(compare):
    found = compare({"acme/lib/x.py": "1", "build/y.py": "1", "acme/z.py": "z"}, {"acme/z.py": "z"})

    assert [file.path for file in found.of(Standing.ADDED)] == ["acme/lib/x.py", "build/y.py"]


def test_source_of_something_else_makes_everything_an_addition(compare):
    found = compare({"index.js": "1", "package.json": "2"}, {"other.py": "3"})

    assert found.counts["added"] == 2
