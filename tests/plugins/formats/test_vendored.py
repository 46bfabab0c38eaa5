"""What lies inside a package with metadata of its own, and the licences that are known without asking a registry."""

WHEEL = "Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: {license}\n"
PKG_INFO = WHEEL.format(name="acme", version="1.0.0", license="MIT")


def test_vendored_python_packages_are_dependencies_with_their_licences(read):
    files = {
        "PKG-INFO": PKG_INFO,
        "acme/__init__.py": "x = 1",
        "acme/_vendor/Requests-2.0.dist-info/METADATA": WHEEL.format(
            name="Requests", version="2.0", license="Apache-2.0"
        ),
        "acme/_vendor/six.egg-info/PKG-INFO": WHEEL.format(name="six", version="1.16.0", license="MIT"),
        "acme.egg-info/PKG-INFO": PKG_INFO,
    }

    found = [(one.name, one.pinned, one.scope, one.direct, one.license) for one in read(files).dependencies]

    assert found == [
        ("requests", "2.0", "bundled", False, "Apache-2.0"),
        ("six", "1.16.0", "bundled", False, "MIT"),
    ]


def test_vendored_metadata_that_cannot_be_read_is_a_problem(read):
    files = {"PKG-INFO": PKG_INFO, "acme.py": "", "v/x-1.dist-info/METADATA": "Name: x\nVersion: not a version\n"}

    package = read(files)

    assert package.dependencies == ()
    assert ("bundled-unreadable", "v/x-1.dist-info/METADATA") in {(one.rule, one.path) for one in package.problems}


def test_bundled_npm_packages_and_lock_entries_bring_their_licences(read, n8n):
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "node_modules/axios": {"version": "1.9.0", "license": "MIT"},
            "node_modules/deep": {"version": "2.0.0", "license": "AGPL-3.0"},
        },
    }
    inner = {"name": "inner", "version": "3.0.0", "licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]}
    files = {"npm-shrinkwrap.json": lock, "node_modules/inner/package.json": inner}

    package = read(n8n(dependencies={"axios": "^1.8.4"}) | files)

    found = {one.name: one.license for one in package.dependencies}
    assert found == {"axios": "MIT", "deep": "AGPL-3.0", "inner": "MIT OR Apache-2.0"}


def test_a_lock_that_says_otherwise_than_an_exact_version_does_not_change_it(read, n8n):
    lock = {"lockfileVersion": 3, "packages": {"node_modules/axios": {"version": "1.9.0"}}}

    package = read(n8n(dependencies={"axios": "1.8.4"}) | {"npm-shrinkwrap.json": lock})

    assert [one.pinned for one in package.dependencies] == ["1.8.4"]
