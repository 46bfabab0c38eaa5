import base64
import hashlib

import pytest

from plugins.package import Dependency, InstallHook

METADATA = """Metadata-Version: 2.1
Name: Acme.Fields
Version: 1.0
Summary: Fields
Author-email: Ann <ann@example.org>
License-Expression: MIT
Project-URL: Bug Tracker, https://example.org/issues
Requires-Dist: requests (>=2.0)
Requires-Dist: Django[argon2]==5.2.1; python_version > "3.8"
Requires-Dist: pytest; extra == "test"
Requires-Dist: tool @ https://example.org/tool.zip

The description, which may say
Requires-Dist: nothing
"""


def rules(package):
    return [problem.rule for problem in package.problems]


def record(files, *, algorithm="sha256", skip=()):
    rows = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.new(algorithm, content.encode()).digest()).rstrip(b"=").decode()
        if path not in skip:
            rows.append(f"{path},{algorithm}={digest},{len(content)}")
    return "\n".join([*rows, "acme_fields-1.0.dist-info/RECORD,,"]) + "\n"


@pytest.fixture
def wheel():
    def files(more=None, **options):
        tree = {
            "acme/__init__.py": "",
            "acme/plugin.py": "x = 1\n",
            "acme_fields-1.0.dist-info/METADATA": METADATA,
            "acme_fields-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\n",
        } | (more or {})
        return tree | {"acme_fields-1.0.dist-info/RECORD": record(tree, **options)}

    return files


def test_wheel_gives_its_facts(read, wheel):
    entry_points = {"acme_fields-1.0.dist-info/entry_points.txt": "[acme.plugins]\nmine = acme.plugin:main [x]\n"}
    package = read(wheel(entry_points), filename="acme_fields-1.0-py3-none-any.whl")

    assert (package.format, package.purl) == ("python-package", "pkg:pypi/acme-fields@1.0")
    assert package.metadata.name == "Acme.Fields"
    assert (package.metadata.author, package.metadata.contact) == ("Ann", "https://example.org/issues")
    assert package.metadata.license == "MIT"
    assert package.entry_points == ("acme/plugin.py", "acme/__init__.py")
    path = "acme_fields-1.0.dist-info/METADATA"
    assert package.dependencies == (
        Dependency("PyPI", "requests", "(>=2.0)", "runtime", path, 8),
        Dependency("PyPI", "django", '==5.2.1; python_version > "3.8"', "runtime", path, 9, pinned="5.2.1"),
        Dependency("PyPI", "pytest", '; extra == "test"', "optional", path, 10),
        Dependency("PyPI", "tool", "@ https://example.org/tool.zip", "runtime", path, 11),
    )
    assert package.problems == ()


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_wheel_record_is_verified(read, wheel, algorithm):
    assert rules(read(wheel(algorithm=algorithm))) == []


@pytest.mark.parametrize("algorithm", ["sha1", "md5"])
def test_wheel_record_with_weak_digests_is_a_mismatch(read, wheel, algorithm):
    assert set(rules(read(wheel(algorithm=algorithm)))) == {"wheel-record-mismatch"}


@pytest.mark.parametrize(
    "change",
    [
        {"acme/plugin.py": "x = 2\n"},
        {"acme/hidden.py": "evil()"},
        {"acme_fields-1.0.dist-info/RECORD": ""},
        {"acme_fields-1.0.dist-info/RECORD": '"'},
        {"acme_fields-1.0.dist-info/RECORD": b"\xff"},
        {"acme_fields-1.0.dist-info/RECORD": "gone.py,sha256=x,1\n"},
        {"acme_fields-1.0.dist-info/RECORD": "../../x,sha256=x,1\n"},
        {"acme_fields-1.0.dist-info/RECORD": "acme/__init__.py,,\n"},
    ],
)
def test_wheel_that_differs_from_its_record_is_a_mismatch(read, wheel, change):
    assert "wheel-record-mismatch" in rules(read(wheel() | change))


def test_wheel_without_record_is_a_mismatch(read, wheel):
    files = wheel()
    del files["acme_fields-1.0.dist-info/RECORD"]

    assert rules(read(files)) == ["wheel-record-mismatch"]


def test_wheel_without_its_wheel_file_is_refused(refused, wheel):
    files = wheel()
    del files["acme_fields-1.0.dist-info/WHEEL"]

    assert refused(files)[0] == "manifest-missing"


def test_wheel_under_another_name_is_a_problem(read, wheel):
    assert rules(read(wheel(), filename="other-1.0-py3-none-any.whl")) == ["identity-mismatch"]


def test_wheel_shows_what_runs_without_being_imported(read, wheel):
    more = {
        "acme.pth": "# path\nimport os; os.system('id')\n",
        "acme_fields-1.0.data/scripts/acme": "#!python\n",
        "acme/model.pth": "weights",
    }

    assert read(wheel(more)).install_hooks == (
        InstallHook("pth", "acme.pth", "acme.pth", 2, "import os; os.system('id')"),
        InstallHook("data-scripts", "acme", "acme_fields-1.0.data/scripts/acme", 1),
    )


@pytest.mark.parametrize("before", ["\ufeff", "x\x0c", "x\x85", "x\u2028"])
def test_a_path_file_is_split_as_python_splits_it(read, wheel, before):
    (hook,) = read(wheel({"acme.pth": f"{before}import os; os.system('id')\n"})).install_hooks

    assert hook.command == "import os; os.system('id')"


PYPROJECT = """[build-system]
requires = ["setuptools>=61"]
build-backend = "backend"
backend-path = ["_build"]

[project]
name = "acme"
dependencies = [
  "requests>=2",
  "not a requirement!",
]

[dependency-groups]
test = ["pytest==8.0.0", {include-group = "x"}]
"""


def test_sdist_gives_its_facts(read):
    package = read(
        {
            "PKG-INFO": "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\nRequires-Dist: requests>=2\n",
            "pyproject.toml": PYPROJECT,
            "setup.py": "import os; os._exit(1)",
            "setup.cfg": "[options]\ninstall_requires =\n    yaml==1.0\n    file: x.txt\n",
            "requirements.txt": "-r other.txt\nlxml==4.0 \\\n  --hash=sha256:00\n--extra-index-url https://evil.example\n"
            "git+https://example.org/x.git#egg=forked  # why\n./local\n",
            "tests/requirements.txt": "mock # c\n",
            "src/acme/__init__.py": "",
            "tests/__init__.py": "",
        }
    )

    assert [(one.name, one.requirement, one.scope, one.path, one.line, one.pinned) for one in package.dependencies] == [
        ("setuptools", ">=61", "build", "pyproject.toml", 2, None),
        ("requests", ">=2", "runtime", "pyproject.toml", 9, None),
        ("pytest", "==8.0.0", "dev", "pyproject.toml", 14, "8.0.0"),
        ("yaml", "==1.0", "runtime", "setup.cfg", 3, "1.0"),
        ("forked", "git+https://example.org/x.git#egg=forked", "runtime", "requirements.txt", 5, None),
        ("lxml", "==4.0", "runtime", "requirements.txt", 2, "4.0"),
        ("mock", "", "dev", "tests/requirements.txt", 1, None),
    ]
    assert package.install_hooks == (
        InstallHook("setup.py", "setup.py", "setup.py", 1),
        InstallHook("build-backend", "backend", "pyproject.toml", 4, "_build"),
    )
    assert package.entry_points == ("src/acme/__init__.py",)
    assert rules(package) == ["dependency-invalid", "requirements-index"]


@pytest.mark.parametrize(
    ("table", "command"),
    [
        ("[tool.hatch.build.hooks.custom]\n", "hatch_build.py"),
        ('[tool.hatch.build.hooks.custom]\npath = "x.py"\n', "x.py"),
        ('[tool.poetry]\nbuild = "make.py"\n', "make.py"),
    ],
)
def test_sdist_shows_code_a_known_backend_runs(read, table, command):
    package = read({"PKG-INFO": "Name: acme\nVersion: 1.0\n", "pyproject.toml": table, "acme.py": ""})

    assert [(hook.kind, hook.command) for hook in package.install_hooks] == [("build-backend", command)]


def test_source_tree_takes_its_identity_from_pyproject(read):
    package = read({"pyproject.toml": '[project]\nname = "acme"\nversion = "1.0rc1"\n', "acme.py": ""})

    assert package.purl == "pkg:pypi/acme@1.0rc1"


def test_source_tree_that_must_be_run_to_name_itself_is_refused(refused):
    assert refused({"setup.py": "setup(name=open('x').read())"})[0] == "metadata-missing"


def test_names_that_differ_are_a_problem(read):
    files = {"PKG-INFO": "Name: acme\nVersion: 1.0\n", "pyproject.toml": '[project]\nname = "other"\n', "a.py": ""}

    assert rules(read(files)) == ["identity-mismatch"]


@pytest.mark.parametrize("pinned", ["==1.0", "===1.0"])
def test_one_version_is_a_pin(read, pinned):
    package = read({"PKG-INFO": f"Name: a\nVersion: 1\nRequires-Dist: x{pinned}\n", "a.py": ""})

    assert package.dependencies[0].pinned == "1.0"


@pytest.mark.parametrize("loose", ["==1.*", ">=1.0", "==1.0,!=1.0", "~=1.0", ""])
def test_more_versions_are_no_pin(read, loose):
    package = read({"PKG-INFO": f"Name: a\nVersion: 1\nRequires-Dist: x{loose}\n", "a.py": ""})

    assert package.dependencies[0].pinned is None


@pytest.mark.parametrize("name", ["setup.py", "pyproject.toml"])
def test_a_wheel_tells_what_pip_would_run_of_it_under_another_name(read, wheel, name):
    """`acme-1.0.tar.gz` with a `dist-info` folder in it is a source tree to pip."""
    content = '[build-system]\nrequires = []\nbuild-backend = "evil"\nbackend-path = ["."]\n'
    package = read(wheel({name: content}), filename="acme-1.0.tar.gz")

    assert name in {hook.path for hook in package.install_hooks}


@pytest.mark.parametrize("project", ["", "name = 5\n", "name = true\n", "name = []\n"])
def test_a_name_that_is_no_text_is_none(refused, project):
    files = {"pyproject.toml": f'[project]\nversion = "1.0"\n{project}', "acme.py": ""}

    assert refused(files)[0] in {"name-missing", "invalid-name"}


def test_metadata_without_a_name_is_refused(refused):
    assert refused({"PKG-INFO": "Metadata-Version: 2.1\nVersion: 1.0\n", "acme.py": ""})[0] == "name-missing"
