"""`status` has one writer."""

import ast
import re
from pathlib import Path

import pytest

import callbacks
from callbacks.core import queries

ROOT = Path(callbacks.__file__).parent
WRITERS = {"update", "update_or_create", "bulk_update", "create", "bulk_create", "save"}


SET_STATUS = r"\bSET\b(?:(?!\bWHERE\b)[^()])*\bstatus\b"


def writes_of_status(tree: ast.AST) -> list[int]:
    """The lines that pass a `status` to something that writes, or set it on an object."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in WRITERS and any(word.arg == "status" for word in node.keywords):
                lines.append(node.lineno)
            if node.func.attr == "bulk_update" and "'status'" in ast.dump(node):
                lines.append(node.lineno)
        if isinstance(node, ast.Constant) and re.search(SET_STATUS, str(node.value)):
            lines.append(node.lineno)
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr == "status":
                    lines.append(node.lineno)
    return lines


@pytest.mark.long
def test_no_other_module_writes_a_status():
    offenders = {
        str(path.relative_to(ROOT)): lines
        for path in ROOT.rglob("*.py")
        if path.parts[len(ROOT.parts)] not in {"lifecycle.py", "migrations", "sandbox", "call_api"}
        and (lines := writes_of_status(ast.parse(path.read_text())))
    }
    assert offenders == {}


def test_the_statements_that_write_a_status_are_those_of_moves():
    writers = {
        f"{path.name}: {name}"
        for path in ROOT.rglob("*.sql")
        for name, query in queries.load(str(path), path.name).items()
        if re.search(SET_STATUS, query.text)
    }
    assert writers == {
        "claim.sql: claim",
        "record.sql: end_call",
        "record.sql: requeue",
        "record.sql: hold_back",
    }


def test_the_search_finds_a_writer():
    tree = ast.parse(
        "rows.update(status='x')\n"
        "request.status = 'x'\n"
        "'UPDATE callbacks_callrequest SET reason = 1, status = 2'\n"
    )
    assert sorted(writes_of_status(tree)) == [1, 2, 3]
