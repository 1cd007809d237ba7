"""Tests share code by tests.support alone, so that each can be moved, read and run by itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
# The runner is a program, which has a test of its own.
ALLOWED = ("tests.support", "tests.run")


def imports_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide where something comes from"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.long
def test_no_test_imports_another() -> None:
    between = [
        f"{path.relative_to(TESTS)} imports {name}"
        for path in sorted(TESTS.rglob("*.py"))
        for name in imports_in(path)
        if name.startswith("tests.") and not name.startswith(ALLOWED)
    ]
    assert between == []
