"""Change the code in small ways, one at a time, and check that a test fails: `make mutants`.

    deploy/mutants.py [--minutes N] [--part NAME] [--list]

It works on a copy in .mutants and saves each result at once. You can stop it at any time: the next
run continues there. A file that has changed since starts again. `--list` shows the mutants that
survived. docs/reliability.md gives the reasons for those that may survive.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".mutants"
TREE, RESULTS = WORK / "tree", WORK / "results.json"
PATIENCE = 600  # seconds for the tests of one mutant; a mutant that never ends counts as killed
# The files that are changed, and the tests that must notice, the nearest tests first.
PARTS = {
    "lifecycle": (
        "callbacks/lifecycle/*.py",
        "tests/lifecycle tests/dispatch/test_claim.py tests/public/status",
    ),
    "dispatch": ("callbacks/dispatch/[!c]*.py callbacks/dispatch/claim.py", "tests/dispatch"),
    "circuit_breaker": ("callbacks/dispatch/c[ai]*_*.py", "tests/dispatch/test_circuit_breaker.py"),
    "scheduling": ("callbacks/scheduling/*.py", "tests/scheduling tests/dispatch"),
    "limits": ("callbacks/abuse/limits.py", "tests/abuse tests/public/status"),
    "consent": ("callbacks/consent/*.py", "tests/consent tests/data_protection/test_erasure.py"),
    "intake": ("callbacks/intake/*.py", "tests/intake tests/abuse tests/public"),
    "erasure": ("callbacks/data_protection/erasure.py", "tests/data_protection"),
}
OPPOSITES = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


KINDS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Expr: ("left out",), ast.Raise: ("left out",), ast.AugAssign: ("left out",),
    ast.If: ("negated",), ast.While: ("negated",), ast.IfExp: ("negated",),
    ast.Compare: ("opposite",), ast.BoolOp: ("opposite",), ast.BinOp: ("opposite",),
    ast.Constant: ("constant",), ast.Call: ("argument left out",),
}  # fmt: skip


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Yield each mutant as a description of the change and the whole new source."""
    for number, node in enumerate(ast.walk(ast.parse(source))):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Constant) and not isinstance(node.value, int | float):
            continue
        for kind in KINDS.get(type(node), ()):
            for place in range(len(getattr(node, "keywords", [])) or 1):
                tree = ast.parse(source)
                same = list(ast.walk(tree))[number]
                if told := mutate(tree, same, kind, place):
                    line = getattr(node, "lineno", 0)
                    yield f"{line}: {told}", ast.unparse(tree)


def mutate(tree: ast.Module, node: ast.AST, kind: str, place: int) -> str:
    """Change `node` in the tree; return a description of the change, or "" if none applies."""
    before = ast.unparse(node) if not isinstance(node, ast.Module) else ""
    match kind, node:
        case "left out", ast.Expr(value=ast.Call()) | ast.Raise() | ast.AugAssign():
            replace(tree, node, ast.Pass())
        case "negated", ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            node.test = ast.UnaryOp(ast.Not(), test)
            before = ast.unparse(test)
        case "opposite", ast.Compare(ops=[operator]) if type(operator) in OPPOSITES:
            node.ops = [OPPOSITES[type(operator)]()]
        case "opposite", ast.BoolOp(op=operator) | ast.BinOp(op=operator) if (
            type(operator) in OPPOSITES
        ):
            node.op = OPPOSITES[type(operator)]()
        case "constant", ast.Constant(value=bool(value)):
            node.value = not value
        case "constant", ast.Constant(value=int(value) | float(value)):
            node.value = value + 1
        case "argument left out", ast.Call(keywords=keywords) if keywords:
            before = ast.unparse(keywords[place])
            del keywords[place]
        case _:
            return ""
    return f"{kind}: {' '.join(before.split())[:90]}"


def replace(tree: ast.Module, old: ast.stmt, new: ast.stmt) -> None:
    """Replace the statement `old` by `new`."""
    for parent in ast.walk(tree):
        for _, body in ast.iter_fields(parent):
            if isinstance(body, list) and old in body:
                body[body.index(old)] = new


def is_killed(tests: str) -> bool:
    """Run the tests on the copy; return True if they fail, stop with an error, or hang."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
    command += ["-m", "not browser and not slow and not minutes", *tests.split()]
    try:
        return bool(
            subprocess.run(command, cwd=TREE, capture_output=True, timeout=PATIENCE).returncode
        )
    except subprocess.TimeoutExpired:
        return True


def main() -> int:
    """Test mutants until none is left or the time is over; return 1 if one survived."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    os.nice(19)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if not options.list:
        command = ["/usr/bin/env", "git", "ls-files"]
        files = subprocess.check_output(command, cwd=ROOT, text=True).splitlines()
        shutil.rmtree(TREE, ignore_errors=True)
        for name in filter(os.path.isfile, files):
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(name, TREE / name)
    for part in [options.part] if options.part else PARTS:
        patterns, tests = PARTS[part]
        left = count = 0
        survived: list[str] = []
        for path in sorted(p for pattern in patterns.split() for p in ROOT.glob(pattern)):
            source = path.read_text()
            name, version = str(path.relative_to(ROOT)), sha256(source.encode()).hexdigest()[:12]
            for told, mutant in mutants(source):
                key, count = f"{name}@{version}:{told}", count + 1
                if key not in results and not options.list and time.monotonic() < end:
                    (TREE / name).write_text(mutant)
                    results[key] = is_killed(tests)
                    (TREE / name).write_text(source)
                    RESULTS.write_text(json.dumps(results, indent=0))
                left += key not in results
                survived += [f"  {name}:{told}"] if not results.get(key, True) else []
        print(
            f"{part}: {count} mutants, {len(survived)} survived, {left} to go", *survived, sep="\n"
        )
    return int(not all(results.values()))


if __name__ == "__main__":
    sys.exit(main())
