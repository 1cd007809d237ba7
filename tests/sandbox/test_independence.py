"""The sandbox and the product share no code: else one mistake would hide in both."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import callbacks
from tests.support.sandbox_process import ROOT

SANDBOX = Path(callbacks.__file__).with_name("sandbox")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_sandbox_imports_only_itself_and_the_standard_library():
    for path in SANDBOX.rglob("*.py"):
        for name in imported(path):
            root = name.partition(".")[0]
            own = name == "callbacks.sandbox" or name.startswith("callbacks.sandbox.")
            assert own or root in sys.stdlib_module_names, f"{path.name} imports {name}"


@pytest.mark.long
def test_product_never_imports_the_sandbox():
    for folder in ("callbacks", "callback_site"):
        for path in (ROOT / folder).rglob("*.py"):
            if not path.is_relative_to(SANDBOX):
                assert not [name for name in imported(path) if "sandbox" in name], path


@pytest.mark.slow
def test_sandbox_runs_without_any_installed_package():
    command = [sys.executable, "-I", "-S", "-c"]
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import callbacks.sandbox.server"
    subprocess.run([*command, script], check=True, timeout=30)
