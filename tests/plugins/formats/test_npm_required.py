"""What node runs as JavaScript although no suffix says so."""

import pytest

CODE = "module.exports = 1;\n"


def languages(package):
    return {file.path: file.language for file in package.files if file.path not in {"package.json", "a.js"}}


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("require('./payload.dat')", "payload.dat"),
        ('require ( "./lib/payload" )', "lib/payload"),
        ("require('./style.css')", "style.css"),
        ("import x from './payload'", "payload"),
        ("import('./deep/../payload')", "payload"),
        ("new Worker('./job.txt')", "job.txt"),
        ("require('./page.php')", "page.php"),
        ("require('./tool.py')", "tool.py"),
    ],
)
def test_npm_file_that_code_loads_is_code(read, source, path):
    package = read({"package.json": {"name": "a", "version": "1.0.0", "main": "a.js"}, "a.js": source, path: CODE})

    assert languages(package) == {path: "javascript"}


@pytest.mark.parametrize(("path", "language"), [("x.php", "javascript"), ("x.sh", "shell"), ("x.html", "html")])
def test_npm_entry_point_of_another_language_keeps_it_unless_any_text_is_valid_in_it(read, path, language):
    package = read({"package.json": {"name": "a", "version": "1.0.0", "main": path}, "a.js": CODE, path: CODE})

    assert languages(package) == {path: language}


def test_npm_files_are_followed_from_one_to_the_next(read):
    files = {"a.js": "require('./one.bin')", "one.bin": "require('./two')", "two/package.json": {"main": "go.txt"}}
    package = read({"package.json": {"name": "a", "version": "1.0.0"}, **files, "two/go.txt": CODE})

    assert languages(package) == {"one.bin": "javascript", "two/go.txt": "javascript", "two/package.json": None}


def test_npm_imports_map_names_code(read):
    manifest = {"name": "a", "version": "1.0.0", "imports": {"#x": {"node": "./x.dat", "default": ["./y"]}}}
    package = read({"package.json": manifest, "a.js": "require('#x')", "x.dat": CODE, "y": CODE})

    assert languages(package) == {"x.dat": "javascript", "y": "javascript"}


def test_npm_data_stays_data(read):
    source = "import './style.css'; require('./data.json'); require('../outside'); const text = './notes.txt';"
    files = {
        "a.js": source,
        "style.css": "a {}",
        "data.json": {},
        "notes.txt": "eval",
        "README.md": "require('./notes.txt')",
    }
    package = read({"package.json": {"name": "a", "version": "1.0.0"}, **files})

    assert set(languages(package).values()) == {None}
