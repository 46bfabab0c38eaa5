"""Texts that code puts together from constants are found whole, in each language and each way of writing it."""

from __future__ import annotations

import time

import pytest

from plugins.checks.engines.blobs import Budget
from plugins.checks.engines.joined import SECONDS, joined, worth_parsing
from tests.plugins.checks.engine_cases import token

SECRET = token()
A, B, C = SECRET[:9], SECRET[9:22], SECRET[22:]


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("javascript", f'const t = "{A}" +\n  "{B}" + // why\n  "{C}";'),
        ("javascript", f'const p = "{A}", q = `{B}`; send(`${{p}}${{q}}{C}`);'),
        ("javascript", f'send(["{A}", "{B}", "{C}"].join(""));'),
        ("javascript", f'let k = "{A}"; k += "{B}"; k += "{C}"; send("Bearer " + k);'),
        ("javascript", f'const C = {{a: "{A}", b: {{c: "{B}"}}}}; send(C.a.concat(C.b.c, "{C}"));'),
        ("javascript", f'const C = Object.freeze({{a: "{A}"}}); send(C.a + "{B}{C}");'),
        ("javascript", f'send("Bearer " + ("{A}" + "{B}" + "{C}") + rest);'),
        ("javascript", f'send(hash("{A}" + "{B}{C}"));'),
        ("javascript", f'send(ok ? "{A}" + "{B}{C}" : other);'),
        ("javascript", f'send(process.env.T || "{A}" + "{B}{C}");'),
        ("typescript", f'class S {{ private p: string = "{A}"; f() {{ return this.p + "{B}{C}"; }} }}'),
        ("typescript", f'const p = "{A}" as const; send(p + "{B}{C}");'),
        ("tsx", f'const v = <A t={{"{A}" + "{B}" + "{C}"}} />;'),
        ("python", f't = ("{A}"\n     "{B}"\n     "{C}")'),
        ("python", f'A = "{A}"\nB = f"{{A}}{B}"\nsend(B + "{C}")'),
        ("python", f'send("".join(["{A}", "{B}", "{C}"]))'),
        ("python", f'send("%s{B}%s" % ("{A}", "{C}"))'),
        ("python", f'send("%(a)s{B}{C}" % {{"a": "{A}"}})'),
        ("python", f'send("{{}}{B}{{z}}".format("{A}", z="{C}"))'),
        ("python", f'class K:\n    A = "{A}"\n    def f(self):\n        return self.A + "{B}{C}"'),
        ("python", f'k = "{A}"\nk += "{B}"\nsend(k + "{C}")'),
        ("python", f'D = {{"a": "{A}", "b": "{B}"}}\nsend(D["a"] + D["b"] + "{C}")'),
        ("php", f'<?php $t = "{A}" . \'{B}\' . "{C}";'),
        ("php", f'<?php define("A", "{A}"); const B = "{B}"; send(A . B . "{C}");'),
        ("php", f'<?php $p = "{A}"; send("{{$p}}{B}{C}");'),
        ("php", f'<?php class F {{ const H="{A}"; private $p="{B}"; function f(){{ (self::H . $this->p . "{C}");}}}}'),
        ("php", f'<?php $k = "{A}"; $k .= "{B}"; $k .= "{C}"; send("x" . $k);'),
        ("php", f'<?php send(sprintf("%s%s{C}", "{A}", "{B}"));'),
        ("php", f'<?php $c = ["a" => "{A}"]; send($c["a"] . "{B}{C}");'),
    ],
)  # fmt: skip
def test_a_joined_text_is_found_whole(language, code):
    assert worth_parsing(code, language)
    assert any(SECRET in found.text for found in joined(code, language))


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("javascript", f'const t = "{A}" + other() + "{B}{C}";'),
        ("javascript", f'let p = "{A}"; p = "other1x"; send(p + "{B}{C}");'),
        ("javascript", f'send("{A}" - "{B}{C}");'),
        ("python", f'p = "{A}"\np = read()\nsend(p + "{B}{C}")'),
        ("php", f'<?php send("{A}" . $unknown . "{B}{C}");'),
    ],
)
def test_what_only_run_time_knows_is_not_made_up(language, code):
    assert not any(SECRET in found.text for found in joined(code, language))


def test_the_line_and_the_name_it_is_given_to_are_told():
    (found,) = joined(f'\n\nconst apiToken = "{A}" +\n"{B}{C}";', "javascript")

    assert (found.line, found.key) == (3, "apiToken")


@pytest.mark.parametrize(
    ("language", "code"),
    [("javascript", "const a = 1 + 2;"), ("python", "x = 'a' 'b'\n"), ("shell", f"A={A}$B"), (None, "x")],
)
def test_most_files_are_not_parsed(language, code):
    assert not worth_parsing(code, language)


HOSTILE = {
    "a chain": "x = " + " + ".join(['"a1b2"'] * 60_000),
    "doubling": 'let a0 = "a1b2" + "c";\n' + "\n".join(f"let a{n + 1} = a{n} + a{n};" for n in range(12_000)),
    "deep brackets": "f(" + "(" * 20_000 + '"a1b2" + "c"' + ")" * 20_000 + ")",
    "deep templates": "`${" * 3_000 + '"a1b2" + "c"' + "}`" * 3_000,
    "many arrays": 'f(["a1b2", "c3d4"].join(""));\n' * 20_000,
}


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE)
def test_hostile_code_is_done_with_soon(code):
    started, budget = time.process_time(), Budget()

    joined(code, "javascript", budget)

    taken = time.process_time() - started
    assert taken < 3 * SECONDS
    assert budget.beyond == 0 or taken >= SECONDS
