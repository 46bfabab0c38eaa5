"""CEL, the expression language of policy criteria: compile once, evaluate on facts, fail closed.

Language: https://github.com/google/cel-spec; engine: cel-python, interpreted (its other runner makes Python source).
It costs a quarter of a second to import, so it is loaded with the first expression; `warm` does that ahead of time.
Programs are cached by their text for the life of the process.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from governance.policies.catalogue import ROOTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MAX_LENGTH = 2000
"""Characters of an expression; longer ones are refused before they are parsed."""

_ITERATING = frozenset({"all", "exists", "exists_one", "map", "filter"})


class ExpressionError(ValueError):
    """An expression that cannot be compiled, or that gave no usable value; the message is one plain sentence."""


class Expression:
    """A compiled expression. `roots` are the facts it speaks of, by the first part of their name."""

    reads_findings: bool
    """Whether it may look into the lists of findings, which are long and costly to turn into the engine's values."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise ExpressionError(f"The expression is longer than {MAX_LENGTH} characters.")
        self.text = text
        engine = _engine()
        try:
            tree = engine.environment.compile(text)
            self._program = engine.environment.program(tree)
        except engine.parse_error as error:
            raise ExpressionError(f"The expression cannot be read: {_first_line(error)}") from error
        except RecursionError as error:
            raise ExpressionError("The expression is nested too deeply.") from error
        self.roots = frozenset(_identifiers(tree))
        self.reads_findings = "findings" in text

    def value(self, facts: Mapping[str, Any]) -> object:
        """Evaluate on facts made by `activation`; raises ExpressionError, also where a fact is not known."""
        try:
            # only what it speaks of: the engine spends most of its time on looking the facts over
            return self._program.evaluate({root: facts[root] for root in self.roots if root in facts})
        except RecursionError as error:
            raise ExpressionError("The expression is nested too deeply.") from error
        except Exception as error:  # the engine lets errors of many kinds through
            raise ExpressionError(_explain(error)) from error

    def truth(self, facts: Mapping[str, Any]) -> bool:
        """The value as a truth; raises ExpressionError where it is anything but true or false."""
        value = self.value(facts)
        if not isinstance(value, _engine().boolean):
            raise ExpressionError("The expression gives a value that is neither true nor false.")
        return bool(value)

    def places(self, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The value as a list of maps, such as `{path, line}`; raises ExpressionError where it is none."""
        value = _plain(self.value(facts))
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ExpressionError("The expression does not give a list of places.")
        return value


class _Engine:
    """What is used of cel-python, loaded on first use."""

    def __init__(self) -> None:
        from celpy import Environment  # noqa: PLC0415 - a quarter of a second that most commands need not spend
        from celpy.adapter import json_to_cel  # noqa: PLC0415 - as above
        from celpy.celparser import CELParseError  # noqa: PLC0415 - as above
        from celpy.celtypes import BoolType  # noqa: PLC0415 - as above

        self.environment = Environment()
        self.parse_error: type[Exception] = CELParseError
        self.to_cel: Callable[[Any], Any] = json_to_cel
        self.boolean: type = BoolType


@lru_cache(maxsize=1)
def _engine() -> _Engine:
    return _Engine()


@lru_cache(maxsize=2048)
def compile_expression(text: str) -> Expression:
    """Compile an expression, or take it from the cache; raises ExpressionError."""
    return Expression(text)


def warm(texts: Iterable[str]) -> None:
    """Load the engine and compile ahead of need; what does not compile is reported on use."""
    for _ in _compiled(texts):
        pass


def activation(facts: Mapping[str, object], texts: Iterable[str]) -> dict[str, Any]:
    """The facts the expressions speak of, turned once into the engine's values."""
    expressions = list(_compiled(texts))
    wanted = {root for expression in expressions for root in expression.roots}
    known = {root: facts[root] for root in sorted(wanted & facts.keys())}
    if "checks" in known and not any(expression.reads_findings for expression in expressions):
        known["checks"] = _without_findings(known["checks"])
    to_cel = _engine().to_cel
    return {root: to_cel(value) for root, value in known.items()}


def _compiled(texts: Iterable[str]) -> Iterator[Expression]:
    for text in texts:
        try:
            yield compile_expression(text)
        except ExpressionError:
            continue


def _without_findings(checks: object) -> object:
    if not isinstance(checks, dict):
        return checks
    return {
        code: {name: value for name, value in check.items() if name != "findings"} if isinstance(check, dict) else check
        for code, check in checks.items()
    }


def problems_of(text: str, example: Mapping[str, object], *, places: bool = False) -> Iterator[str]:
    """Say what is wrong with an expression, trying it on example facts; nothing said: nothing wrong."""
    try:
        expression = compile_expression(text)
        unknown = expression.roots - ROOTS
        if unknown:
            yield f"There is no fact named {', '.join(sorted(unknown))}."
            return
        facts = activation(example, [text])
        expression.places(facts) if places else expression.truth(facts)
    except ExpressionError as error:
        yield str(error)


def _identifiers(tree: Any) -> Iterator[str]:
    """The free names of a parse tree: all identifiers but the variables that macros bind."""
    bound = {str(name) for macro in tree.find_pred(_is_macro) for name in _macro_variable(macro)}
    for node in tree.find_data("ident"):
        name = str(node.children[0])
        if name not in bound:
            yield name


def _is_macro(node: Any) -> bool:
    return node.data == "member_dot_arg" and str(node.children[1]) in _ITERATING


def _macro_variable(node: Any) -> Iterator[str]:
    if len(node.children) > 2:  # noqa: PLR2004 - object, method, arguments
        first = node.children[2].children[0]
        yield from (str(found.children[0]) for found in first.find_data("ident"))


def _plain(value: Any) -> object:
    """Turn the engine's values back into plain ones."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str(value)
    return int(value) if isinstance(value, int) else value


def _explain(error: Exception) -> str:
    """Name the engine's error without its dump of every fact."""
    text = _first_line(error)
    if text.startswith("no such member in mapping: "):
        return f"The fact {text.removeprefix('no such member in mapping: ')} is not known."
    if text.startswith("undeclared reference to "):
        name = text.removeprefix("undeclared reference to ").split(" ", 1)[0]
        return f"The fact {name} is not known."
    if "no matching overload" in text or "no such overload" in text:
        return "The expression compares or combines values of different types."
    return f"The expression failed: {text[:200]}"


def _first_line(error: Exception) -> str:
    first = error.args[0] if error.args else type(error).__name__
    return str(first).strip().splitlines()[0] if str(first).strip() else type(error).__name__
