"""Every logging call of the product has a literal text and listed fields."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from core.log_fields import SHAPES

METHODS = {"debug", "info", "warning", "error", "exception", "critical", "write", "log"}
FILES = [
    path
    for app in ("config", "messaging", "accounts", "integrations", "core")
    for path in sorted(Path(settings.BASE_DIR, app).rglob("*.py"))
]


def calls_in(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls of a logger, by whichever name it goes here."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                if called.attr in METHODS and called.value.id == "logger":
                    yield node
            elif isinstance(called, ast.Name) and called.id == "write":
                yield node


def offences(source: str) -> list[str]:
    found = []
    for call in calls_in(ast.parse(source)):
        text = call.args[0] if call.args else None
        if len(call.args) != 1 or not (
            isinstance(text, ast.Constant) and isinstance(text.value, str)
        ):
            found.append(f"line {call.lineno}: the text is no literal, or has values")
        names = {word.arg for word in call.keywords if word.arg}
        found += [f"line {call.lineno}: {name}" for name in sorted(names - {*SHAPES, "exc_info"})]
    return found


def test_every_call_has_a_literal_text_and_listed_fields():
    found = {str(path): offences(path.read_text()) for path in FILES}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_nobody_logs_past_structlog():
    past = [str(path) for path in FILES if "logging.getLogger(__name__)" in path.read_text()]
    assert past == []


@pytest.mark.parametrize(
    "source",
    [
        "logger.info(f'{x}')",
        "logger.info('%s', x)",
        "logger.info('a' + x)",
        "logger.info('a', text=x)",
        "logger.exception(error)",
    ],
)
def test_an_offence_would_be_found(source):
    assert offences(source)
