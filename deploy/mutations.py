"""Make the mutants of a file, Python or SQL: each is the file with one small change."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

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


# In SQL, a whole condition after one of these words may be missing.
CONDITION = re.compile(r"\b(AND|OR|WHERE)\b(?=\s)")
CONDITION_ENDS = re.compile(
    r"\s(AND|OR|THEN|GROUP|ORDER|LIMIT|RETURNING|ON CONFLICT)\b|\s\{|\s*(--|$)"
)
SQL_OPPOSITES = {
    "<=": "<", "<": "<=", ">=": ">", ">": ">=", "=": "<>", "<>": "=",
    "IS NULL": "IS NOT NULL", "IS NOT NULL": "IS NULL", "NOT EXISTS": "EXISTS", "NOT IN": "IN",
    " DESC": "", "FALSE": "TRUE", "TRUE": "FALSE", "+": "-", "0": "1", "1": "2",
}  # fmt: skip
SQL_WORD = re.compile(
    r"(?<![<>\w'])(<=|>=|<>|[<>=+]|IS NULL|IS NOT NULL|NOT EXISTS|NOT IN|FALSE|TRUE)(?![\w'])"
    r"|(?<!SELECT )(?<!LIMIT )(?<![\w'])[01](?![\w'])| DESC\b"  # not SELECT 1, LIMIT 1
)


class Mutant(NamedTuple):
    """The new code of a Python file, or an SQL statement as it was and as it is now.

    `function` is the first line of the function that is changed. It is 0 for a change outside of
    functions, which cannot be put into a process that has loaded the file, and None for SQL.
    `lines` are those of the changed statement, without the statements inside it.
    """

    path: str
    function: int | None = None
    lines: range = range(0)
    tree: ast.Module | None = None
    before: str = ""
    after: str = ""


def mutants(path: str, source: str) -> Iterator[tuple[str, Mutant]]:
    """Yield each mutant of a file with a description of the change, each another one."""
    made, same_text = python_mutants if path.endswith(".py") else sql_mutants, Counter[str]()
    for told, mutant in made(path, source):
        same_text[told] += 1
        yield told + (f" ({same_text[told]})" if same_text[told] > 1 else ""), mutant


def sql_mutants(path: str, source: str) -> Iterator[tuple[str, Mutant]]:
    """Yield the mutants of a file of named statements."""
    for statement in re.split(r"^-- name: .*\n", source, flags=re.MULTILINE)[1:]:
        text = re.sub(r"--.*", lambda comment: " " * len(comment[0]), statement)
        line = source[: source.index(statement)].count("\n") + 1
        for found in CONDITION.finditer(text):
            end = end_of_condition(text, found.end())
            instead = "WHERE TRUE" if found[0] == "WHERE" else ""
            told = " ".join(text[found.start() : end].split())[:90]
            after = text[: found.start()] + instead + text[end:]
            at = line + text[: found.start()].count("\n")
            yield f"{at}: left out: {told}", Mutant(path, before=statement, after=after)
        for found in SQL_WORD.finditer(text):
            after = text[: found.start()] + SQL_OPPOSITES[found[0]] + text[found.end() :]
            at = line + text[: found.start()].count("\n")
            told = " ".join(text[found.start() :].split("\n")[0].split())[:60]
            yield f"{at}: opposite: {told}", Mutant(path, before=statement, after=after)


def end_of_condition(text: str, start: int) -> int:
    """Return where the condition that begins at `start` ends."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] == ")" and not depth:
            return place
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if not depth and place > start and CONDITION_ENDS.match(text, place):
            return place
    return len(text)


def python_mutants(path: str, source: str) -> Iterator[tuple[str, Mutant]]:
    """Yield the mutants of a Python file."""
    module = ast.parse(source)
    walk = list(ast.walk(module))
    hidden = {part for node in walk if shows_nowhere(node) for part in ast.walk(node)}
    inside: dict[ast.AST, int] = {}
    for each in reversed(walk):  # inner functions first
        if isinstance(each, ast.FunctionDef):
            first = min(line.lineno for line in (each, *each.decorator_list))
            inside |= {part: first for line in each.body for part in ast.walk(line)}
    lines: dict[ast.AST, range] = {}
    for each in walk:  # inner statements last
        if isinstance(each, ast.stmt):
            lines |= dict.fromkeys(ast.walk(each), lines_of(each))
    for number, node in enumerate(walk):
        if node in hidden:
            continue
        if isinstance(node, ast.Constant) and not isinstance(node.value, int | float):
            continue
        for kind in KINDS.get(type(node), ()):
            for place, argument in enumerate(getattr(node, "keywords", []) or [None]):
                tree = ast.parse(source)
                told = mutate(tree, list(ast.walk(tree))[number], kind, place)
                if told and argument not in hidden:
                    ast.fix_missing_locations(tree)
                    told = f"{getattr(node, 'lineno', 0)}: {told}"
                    yield told, Mutant(path, inside.get(node, 0), lines.get(node, range(0)), tree)


def lines_of(statement: ast.stmt) -> range:
    """Return the lines of a statement, without the statements inside it."""
    match statement:
        case ast.stmt(body=[ast.stmt(lineno=first), *_]):
            return range(statement.lineno, max(first, statement.lineno + 1))
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


def shows_nowhere(node: ast.AST) -> bool:
    """Return True for what changes nothing that a user sees: typing, logs, texts of exceptions."""
    match node:
        case ast.If(test=ast.Name("TYPE_CHECKING")) | ast.keyword("frozen" | "slots" | "strict"):
            return True
        case ast.Expr(value=ast.Call(func=function)):
            return ast.unparse(function).startswith(("log.", "super().__init__"))
    return False


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
