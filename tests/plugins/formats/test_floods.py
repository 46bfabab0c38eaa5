"""Small manifests that would keep a reader busy for minutes, or fill the memory: refused, or reported, at once."""

import time
import tracemalloc

import pytest

CORE = "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n"
SDIST = {"PKG-INFO": CORE, "acme.py": "1"}
INI = "[section]\n" + "no key here\n" * 20_000

MANY = [f"x{number}" for number in range(300_000)]


def wheel(*, metadata=CORE, record="", **files):
    return {
        "acme.py": "1",
        "acme-1.0.dist-info/METADATA": metadata,
        "acme-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\n",
        "acme-1.0.dist-info/RECORD": record,
    } | {f"acme-1.0.dist-info/{name}.txt": content for name, content in files.items()}


@pytest.fixture
def quickly():
    """Fails a test that takes more than a few seconds of work or tens of megabytes."""
    started = time.process_time()
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150_000_000
    assert time.process_time() - started < 6


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    ("files", "code"),
    [
        (wheel(metadata=CORE + "".join(f"X-{number}: 1\n" for number in range(20_000))), "broken-metadata"),
        (wheel(metadata=CORE + "Summary: a\n" + " more\n" * 100_000), "broken-metadata"),
        (SDIST | {f"requirements-{number}.txt": "a\n" * 9000 for number in range(60)}, "too-many-dependencies"),
        ({"package.json": '{"name":"a","version":"1.0.0","x":[' + "[]," * 400_000 + "1]}"}, "manifest-too-large"),
    ],
)
def test_refuses_a_flood(refused, files, code):
    assert refused(files)[0] == code


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    ("files", "rule"),
    [
        (wheel(entry_points=INI), "entry-points-unreadable"),
        (SDIST | {"setup.cfg": INI}, "setup-cfg-unreadable"),
        (wheel(record="a\n" * 1_000_000), "wheel-record-mismatch"),
    ],
)
def test_reports_a_flood(read, files, rule):
    assert rule in {problem.rule for problem in read(files).problems}


@pytest.mark.usefixtures("quickly")
def test_reports_bundled_manifests_that_would_fill_the_memory(read, n8n):
    files = n8n() | {
        f"node_modules/dep{number}/package.json": '{"x":[' + "[]," * 150_000 + '"' + "y" * 3_000_000 + '"]}'
        for number in range(8)
    }

    problems = [problem for problem in read(files).problems if problem.rule == "bundled-unreadable"]

    assert len(problems) == 8
    assert sum("larger than" in problem.message for problem in problems) >= 4


def test_refuses_an_endless_list_of_nodes(refused, n8n):
    nodes = [f"dist/{number}.js" for number in range(2001)]

    assert refused(n8n(n8n={"n8nNodesApiVersion": 1, "nodes": nodes}))[0] == "too-many-entry-points"


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    "more",
    [
        {"n8n": {"n8nNodesApiVersion": 1, "nodes": MANY}},
        {"n8n": {"n8nNodesApiVersion": 1, "credentials": MANY}},
        {"name": "node-red-contrib-x", "n8n": None, "keywords": [], "node-red": {"nodes": dict.fromkeys(MANY, 1)}},
        {"bin": {f"b{number}": f"{number}.js" for number in range(2001)}},
        {"exports": {f"./{number}": f"./{number}.js" for number in range(2001)}},
        {"exports": {f"./{number}/*": f"./{number}/*.js" for number in range(101)}},
    ],
)
def test_refuses_endless_entry_points_without_a_problem_for_each(refused, n8n, more, monkeypatch):
    made = []
    for module in ("n8n", "node_red"):
        monkeypatch.setattr(f"plugins.formats.{module}.Problem", lambda *given: made.append(given))
    files = n8n(**more)
    manifest = {key: value for key, value in files["package.json"].items() if value is not None}

    assert refused(files | {"package.json": manifest})[0] == "too-many-entry-points"
    assert len(made) < 10


def test_follows_every_file_that_a_pattern_lets_in(read, n8n):
    files = {f"lib/{number}.js": "" for number in range(2500)}

    assert {*files} <= {*read(n8n(exports={"./*": "./lib/*.js"}) | files).entry_points}


@pytest.mark.usefixtures("quickly")
def test_follows_only_names_that_lead_somewhere(read, n8n):
    code = "".join(f'require("./{number}");' for number in range(100_000)) + 'require("./hidden.dat")'
    package = read(n8n() | {"dist/Acme.node.js": code, "dist/hidden.dat": "1", "dist/other.dat": "1"})

    assert [file.path for file in package.files if file.language and file.path.endswith(".dat")] == ["dist/hidden.dat"]
