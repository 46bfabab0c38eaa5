"""One sound rule of each kind, for whoever writes their first. A test runs them all."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.detection.rule import Kind


@dataclass(frozen=True, slots=True)
class Sample:
    """A rule to learn from: what it looks for, how it is written, what it hits and what it does not."""

    kind: Kind
    about: str
    body: str
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    languages: tuple[str, ...] = ()
    files: str = ""


SAMPLES = (
    Sample(
        Kind.AST_GREP,
        "Code that hands a decoded text to eval, however it is spread over lines.",
        "rule:\n  pattern: eval($CODE)\nconstraints:\n  CODE: {regex: 'atob|Buffer\\.from'}\n",
        ("eval(atob(payload));",),
        ("eval(expression);", "atob(payload);"),
        languages=("javascript",),
    ),
    Sample(
        Kind.YARA,
        "A file that holds two marks of one family of malware.",
        "rule family {\n"
        "  strings:\n"
        '    $id = "8f14e45fceea167a"\n'
        "    $run = /run_stage[0-9]{1,2}/\n"
        "  condition:\n"
        "    all of them\n"
        "}\n",
        ('const id = "8f14e45fceea167a"; run_stage2();',),
        ("run_stage2();",),
    ),
    Sample(
        Kind.REGEX,
        "A line of text, in files with certain names.",
        r"(?i)curl [^|\n]{0,200}\| ?(ba)?sh",
        ("curl https://get.example/install | bash",),
        ("curl https://get.example/install -o install.sh",),
        files="*.sh *.json *.md",
    ),
    Sample(
        Kind.HOST,
        "Hosts of an attack, as code, manifest, declaration or a run name them.",
        "collect.evil.example\n*.evil.test   # any name below it\n192.0.2.66\n",
        ("collect.evil.example", "a.b.evil.test"),
        ("evil.test", "evil.example"),
    ),
    Sample(
        Kind.DEPENDENCY,
        "Packages that were taken over, in the versions that are bad.",
        "npm:event-stream ==3.3.6\nnpm:@bad-scope/*\npypi:ctx >=0.1.2 <0.3\n",
        ("npm:event-stream@3.3.6", "npm:@bad-scope/tool@1.0.0", "pypi:ctx==0.2.2"),
        ("npm:event-stream@4.0.0", "pypi:ctx==0.3.0"),
    ),
)
