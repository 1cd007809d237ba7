"""The docstring of a package is its table of contents: it names each of its files and folders."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# One table, command or migration each: the list of files says as much. The parts of `callbacks` are
# listed in docs/architecture.md.
LISTED_ELSEWHERE = {"callbacks", "callbacks/models", "callbacks/management/commands"}
WITHOUT_A_LIST = {"migrations", "en", "fr"}


def packages() -> list[str]:
    found = [
        path.parent.relative_to(ROOT)
        for folder in ("callbacks", "callback_site", "benchmarks")
        for path in (ROOT / folder).rglob("__init__.py")
    ]
    return sorted(
        str(one)
        for one in found
        if one.name not in WITHOUT_A_LIST and str(one) not in LISTED_ELSEWHERE
    )


def parts_of(folder: Path) -> set[str]:
    """Return the names of a package's modules and packages, without those that need no line."""
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    inner = {path.parent.name for path in folder.glob("*/__init__.py")}
    return (modules | inner) - WITHOUT_A_LIST


@pytest.mark.parametrize("package", packages())
def test_a_package_says_what_is_in_it(package: str) -> None:
    folder = ROOT / package
    doc = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    named = set(re.findall(r"`(\w+)/?[.`]", doc))
    assert parts_of(folder) - named == set()


def test_the_architecture_lists_the_parts_of_the_app() -> None:
    table = (ROOT / "docs/architecture.md").read_text()
    named = set(re.findall(r"`(\w+)`", table)) | {"sandbox"}
    parts = parts_of(ROOT / "callbacks") - {"admin", "apps", "templatetags"}
    assert parts - named == set()
