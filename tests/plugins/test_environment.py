"""Names of environment variables in lines of code."""

import pytest

from plugins.environment import names_in, variables
from tests.plugins import cases


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("const t = process.env.TOKEN || process.env['OTHER'];", ["TOKEN", "OTHER"]),
        ("const { HOME, PATH: p, X = 1, ...rest } = process.env;", ["HOME", "PATH", "X"]),
        ("import.meta.env.VITE_URL", ["VITE_URL"]),
        ("Deno.env.get('A')", ["A"]),
        ("os.environ['A'], os.environ.get(\"B\"), os.getenv('C', '')", ["A", "B", "C"]),
        ("$x = getenv('A') . $_ENV['B'];", ["A", "B"]),
        ('Environment.GetEnvironmentVariable("A")', ["A"]),
        ("process.env[name]", []),
        ("dict(os.environ)", []),
        ("process.env.TOKEN; process.env.TOKEN", ["TOKEN"]),
    ],
)
def test_names_are_read_from_a_line(line, names):
    assert names_in(line) == names


def test_only_observations_of_the_environment_count():
    seen = [
        cases.seen("capability", "env.read", snippet="process.env.A"),
        cases.seen("capability", "env.read", path="b.js", line=9, snippet="process.env.A"),
        cases.seen("capability", "secrets.read", snippet="process.env.B"),
        cases.seen("host", "env.read", snippet="process.env.C"),
    ]

    assert variables(seen) == {"A": {(cases.NODE, 3), ("b.js", 9)}}
