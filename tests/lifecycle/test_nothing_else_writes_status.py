"""`status` has one writer."""

import ast
from pathlib import Path

import callbacks

ROOT = Path(callbacks.__file__).parent
WRITERS = {"update", "update_or_create", "bulk_update", "create", "bulk_create", "save"}


def writes_of_status(tree: ast.AST) -> list[int]:
    """The lines that pass a `status` to something that writes, or set it on an object."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in WRITERS and any(word.arg == "status" for word in node.keywords):
                lines.append(node.lineno)
            if node.func.attr == "bulk_update" and "'status'" in ast.dump(node):
                lines.append(node.lineno)
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr == "status":
                    lines.append(node.lineno)
    return lines


def test_no_other_module_writes_a_status():
    offenders = {
        str(path.relative_to(ROOT)): lines
        for path in ROOT.rglob("*.py")
        if path.parts[len(ROOT.parts)] not in {"lifecycle.py", "migrations", "sandbox", "call_api"}
        and (lines := writes_of_status(ast.parse(path.read_text())))
    }
    assert offenders == {}


def test_the_search_finds_a_writer():
    tree = ast.parse("rows.update(status='x')\nrequest.status = 'x'\n")
    assert sorted(writes_of_status(tree)) == [1, 2]
