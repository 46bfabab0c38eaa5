"""Hypothesis strategies for package trees whose manifests are wrong in value, type, size or in their very text."""

import json
import tomllib
import zipfile
from io import BytesIO

from hypothesis import strategies as st

from plugins.archive.languages import language_of
from samples.build import HERE, SAMPLES, pack_connector, pack_wheel
from tests.support.forgeries import mutated, rarely

TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            " ",
            "1.0.0",
            "a",
            "../x",
            "/x",
            "C:x",
            "https://user:pass@example.org:99999/x",
            "http://[::1",
            "npm:a@1",
            "x" * 300,
            "x" * 5000,
            "é" * 400,
            "\x00",
            "�",
            "\u202e",
            "a\nb: c",
            "1" * 400,
            "*",
            "./a*b*",
            "v1",
            "%s",
            "@a/b",
            "1!2.0+local.7",
            "1.0.0-" + "a" * 110,
            "git+ssh://x#egg=" + "e" * 500,
            "<script>",
            "a[b]>=1;x",
            "{0}",
        ]
    ),
)
SCALARS = st.one_of(
    TEXT,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, -1, 1e300, 10**40, 99999999999]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)
BIG = st.sampled_from([["a"] * 3000, {f"k{n}": "1" for n in range(3000)}, "y" * 70_000, [[[[[[{}]]]]]], {"": {"": ""}}])
NASTY_JSON = st.sampled_from(
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{",
        b'"x"',
        b"[" * 5000,
        b'{"a":' * 99 + b"1" + b"}" * 99,
        b'{"name":' + b"9" * 5000 + b"}",
        b'{"\\u0000":1}',
        b'{"\\ud800":1}',
    ]
)


@st.composite
def changed(draw, data):
    """A JSON document with some of its values replaced, dropped, renamed or given to each other."""
    data = json.loads(json.dumps(data))
    for _ in range(draw(st.integers(1, 3))):
        place = data
        for _ in range(draw(st.integers(0, 5))):
            inner = [
                one
                for one in (place.values() if isinstance(place, dict) else place)
                if isinstance(one, dict | list) and one
            ]
            if not inner:
                break
            place = draw(st.sampled_from(inner))
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            continue
        key, value = draw(st.sampled_from(keys)), json.loads(json.dumps(draw(rarely(VALUES, BIG))))
        match draw(st.sampled_from(["set", "set", "drop", "add"])):
            case "set":
                place[key] = value
            case "drop":
                del place[key]
            case "add" if isinstance(place, dict):
                place[draw(TEXT)] = value
            case "add":
                place.append(value)
    return json.dumps(data).encode()


@st.composite
def forged_json(draw, raw):
    """The text of a JSON manifest: valid with other values, or the valid one with accidents."""
    return draw(st.one_of(changed(json.loads(raw)), changed(json.loads(raw)), mutated(raw), NASTY_JSON))


NASTY_LINES = st.sampled_from(
    [
        b"Name: x",
        b"Version: 2",
        b"Requires-Dist: a[b]>=1; extra == 'x'",
        b"Requires-Dist: " + b"(" * 900,
        b": x",
        b"\x00",
        b"Requires-Dist: a @ https://x/y#egg=z",
        b"Project-URL: Home, \xff",
        b"Author-email: <<<>>>",
        b"Keywords: ,,,",
        b"[a]",
        b"[a",
        b"x = y:z",
        b"= 1",
        b"  b",
        b"a,sha256=x,1",
        b'"',
        b"a.b.c = 1",
        b'name = """',
        b"version = 1e9",
        b"dependencies = [1, {}]",
        b"[project]",
        b"[[tool.hatch]]",
        b"[build-system]",
        b"backend-path = 1",
        b"requires = {}",
        b"Classifier: License :: " + b"x" * 300,
        b"License: " + b"y" * 9000,
        b"%(x)s = %(y)s",
        b"Name: " + b"n" * 300,
        b"Version: " + b"1." * 200,
        b"Version: 1.0+" + b"a" * 119,
        b"Description-Content-Type: text/\xe9",
        b"Content-Type: x",
        b"Content-Transfer-Encoding: base64",
        b"Name: =?utf-8?q?x?=",
        b"a" * 3000,
        b"d = 1979-05-27T07:32:00Z",
        b"x = inf",
    ]
)


@st.composite
def forged_lines(draw, raw):
    """The text of a manifest of lines, with lines put in, doubled and taken out, or with other accidents."""
    if draw(st.booleans()):
        return draw(mutated(raw))
    lines = raw.split(b"\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, min(len(lines), 30)))
        match draw(st.sampled_from(["insert", "replace", "delete"])):
            case "insert":
                lines.insert(at, draw(NASTY_LINES))
            case "replace":
                lines[at : at + 1] = [draw(NASTY_LINES)]
            case "delete":
                del lines[at : at + draw(st.integers(1, 5))]
    return draw(st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])).join(lines)


def _trees():
    """The samples as they are when unpacked: {path: bytes}, and the file name they come under."""
    trees = []
    for sample in SAMPLES:
        folder = HERE / sample.name
        filename, raw = sample.pack(folder)
        if sample.pack in (pack_wheel, pack_connector):
            with zipfile.ZipFile(BytesIO(raw)) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
        else:
            files = {
                path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
            }
        trees.append((files, filename))
    trees.append((_sdist(), "acme-1.0.tar.gz"))
    return trees


def _sdist():
    pyproject = (HERE / "acme-crm-connector" / "pyproject.toml").read_bytes()
    name = tomllib.loads(pyproject.decode())["project"]["name"]
    info = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: requests>=2\n\nText\n".encode()
    return {
        "PKG-INFO": info,
        "pyproject.toml": pyproject,
        "setup.cfg": b"[options]\ninstall_requires =\n  a>=1\n",
        "requirements.txt": b"requests==2.0 \\\n  --hash=sha256:00\n-e git+https://example.org/x#egg=x\n",
        "acme/__init__.py": b"",
    }


TREES = _trees()
MANIFESTS = (
    "package.json",
    "METADATA",
    "PKG-INFO",
    "WHEEL",
    "RECORD",
    "entry_points.txt",
    "pyproject.toml",
    "setup.cfg",
)
MANIFESTS += ("requirements.txt", "apiDefinition.swagger.json", "apiProperties.json", "plugin-governance.json")
LOCK = b'{"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0", "dev": true}}}'
_JSON_LOCKS = {
    "bun.lock": {
        "lockfileVersion": 1,
        "workspaces": {"": {"dependencies": {"a": "1"}}},
        "packages": {"a": ["a@1.0.0", "", {"dependencies": {"b": "1"}}, "sha512-x"]},
    },
    "deno.lock": {
        "version": "5",
        "npm": {"a@1.0.0": {"dependencies": ["b"]}},
        "jsr": {"@a/b@1.0.0": {"integrity": "00"}},
        "remote": {"https://x.example/a@1/b.ts": "00"},
    },
    "composer.lock": {
        "packages": [{"name": "a/b", "version": "v1.0", "require": {"php": "*"}, "dist": {"shasum": ""}}],
        "packages-dev": [],
    },
    "vendor/composer/installed.json": {"packages": [{"name": "a/b", "version": "1.0", "time": "2020-01-01"}]},
    "Pipfile.lock": {"_meta": {}, "default": {"a": {"version": "==1.0", "hashes": ["sha256:0"]}}, "develop": {}},
}
_TEXT_LOCKS = {
    "yarn.lock": '# yarn lockfile v1\n\na@^1.0.0:\n  version "1.0.0"\n  dependencies:\n    b "^2.0.0"\n',
    "sub/yarn.lock": '__metadata:\n  version: 8\n\n"a@npm:^1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n',
    "pnpm-lock.yaml": (
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a: {specifier: ^1, version: 1.0.0}\n"
        "packages:\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\nsnapshots:\n  a@1.0.0: {}\n"
    ),
    "poetry.lock": '[[package]]\nname = "a"\nversion = "1.0"\ngroups = ["main"]\n\n[metadata]\nlock-version = "2.1"\n',
    "uv.lock": 'version = 1\n\n[[package]]\nname = "a"\nversion = "1.0"\nsource = { registry = "x" }\n',
    "pylock.toml": 'lock-version = "1.0"\n\n[[packages]]\nname = "a"\nversion = "1.0"\n',
}
LOCKS = {path: json.dumps(content, indent=1).encode() for path, content in _JSON_LOCKS.items()}
LOCKS |= {path: text.encode() for path, text in _TEXT_LOCKS.items()}


@st.composite
def packages(draw):
    """A sample's files, some of its manifests forged, and the name of its archive."""
    files, filename = draw(st.sampled_from(TREES))
    files = dict(files)
    if "package.json" in files and draw(st.booleans()):
        files["package-lock.json"] = draw(forged_json(LOCK))
        files["node_modules/a/package.json"] = draw(forged_json(b'{"name": "a", "version": "1.0.0"}'))
    for path in draw(st.lists(st.sampled_from(sorted(LOCKS)), max_size=2, unique=True)):
        files[path] = draw(forged_json(LOCKS[path]) if path in _JSON_LOCKS else forged_lines(LOCKS[path]))
    paths = sorted(path for path in files if path.rpartition("/")[2] in MANIFESTS and "node_modules" not in path)
    for path in draw(st.lists(st.sampled_from(paths), min_size=1, max_size=2, unique=True)):
        files[path] = draw(forged_json(files[path]) if path.endswith(".json") else forged_lines(files[path]))
    return files, draw(rarely(st.just(filename), st.sampled_from(["x.zip", "", "a-1.whl", "é.tgz", "-" * 200])))


def described(files):
    """What an unpacked tree says of its files: path, content, language."""
    return [(path, raw, language_of(path, raw[:512])) for path, raw in sorted(files.items())]
