"""Make the mutants of a Python file: each is the file with one small change."""

import ast
from collections import Counter
from collections.abc import Iterator

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


type Mutant = tuple[str, ast.Module, bool]  # the file's path, its new code, "inside a function"


def mutants(path: str, source: str) -> Iterator[tuple[str, Mutant]]:
    """Yield each mutant of a file with a description of the change."""
    module, same_text = ast.parse(source), Counter[str]()
    walk = list(ast.walk(module))
    hidden = {part for node in walk if shows_nowhere(node) for part in ast.walk(node)}
    functions = [node for node in walk if isinstance(node, ast.FunctionDef)]
    inside = {part for each in functions for line in each.body for part in ast.walk(line)}
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
                    told = f"{getattr(node, 'lineno', 0)}: {told}"
                    same_text[told] += 1
                    again = f" ({same_text[told]})" if same_text[told] > 1 else ""
                    yield told + again, (path, ast.fix_missing_locations(tree), node in inside)


def shows_nowhere(node: ast.AST) -> bool:
    """Return True for what changes nothing that a user sees: typing, logs, texts of exceptions."""
    match node:
        case ast.If(test=ast.Name("TYPE_CHECKING")) | ast.keyword("frozen" | "slots"):
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
