"""Rules for tests; not a test module."""

from governance.vocabulary import Severity
from plugins.detection.rule import Kind, Rule

EVIL_CALL = "fetch('https://evil.example')\n"
NEVER_ENDS = "rule slow { condition: for all i in (0..9000000000) : ( for all j in (0..9000000000) : ( i + j >= 0 ) ) }"
"""YARA that compiles, and runs for longer than anybody waits."""
TOO_DEEP = """
rule:
  has:
    stopBy: end
    has: {stopBy: end, has: {stopBy: end, has: {stopBy: end, has: {stopBy: end, regex: never-there}}}}
"""
"""An ast-grep rule that looks through a tree within a tree within a tree."""


def rule(kind="regex", body=r"evil\.example", code="no-evil", **more):
    """A rule that is in order."""
    given = {
        "title": "It names evil.example",
        "message": "It took part in an attack.",
        "severity": Severity.HIGH,
        **more,
    }
    return Rule(code=code, revision=given.pop("revision", 1), kind=Kind(kind), body=body, **given)


def ast_grep(body, code="calls-evil", languages=("javascript",), **more):
    return rule("ast-grep", body, code, languages=languages, **more)
