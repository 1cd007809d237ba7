"""Code blocks of the documents can be read by what they are for, and their commands exist."""

import ast
import json
import re
import subprocess

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from tests.support.sandbox_process import ROOT

DOCUMENTS = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")])
BLOCKS = [
    pytest.param(language, code, id=f"{path.stem}-{place}-{language or 'text'}")
    for path in DOCUMENTS
    for place, (language, code) in enumerate(
        re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", path.read_text())
    )
]
MAKE = set(re.findall(r"(?m)^(\w+):.*##", (ROOT / "Makefile").read_text()))


def commands(text):
    """Return the words that follow each `manage.py`, up to the end of the command."""
    text = text.replace("\\\n", " ")
    for found in re.finditer(r"manage\.py ([a-z_]+)([^`\n|<>#;)]*)", text):
        yield found[1], found[2].split()


@pytest.mark.parametrize(("language", "code"), BLOCKS)
def test_it_can_be_read(language, code):
    match language:
        case "python":
            ast.parse(code)
        case "json":
            json.loads(code)
        case "yaml":
            yaml.safe_load(code)
        case _:  # JavaScript, PHP and HTML are run by the tests of what they show
            assert language in {"", "sh", "sql", "html", "js", "javascript", "php", "ts", "tsx"}


@pytest.mark.slow
def test_a_shell_can_read_its_commands():
    blocks = [block.values[1] for block in BLOCKS if block.values[0] == "sh"]
    assert len(blocks) > 15
    for code in blocks:
        done = subprocess.run(["sh", "-n"], input=code, text=True, capture_output=True)
        assert done.returncode == 0, (code, done.stderr)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_its_commands_and_their_options_exist(document):
    text = document.read_text()
    for name, words in commands(text):
        assert name in get_commands(), name
        command = load_command_class(get_commands()[name], name)
        known = command.create_parser("manage.py", name)._option_string_actions
        options = {word.partition("=")[0].rstrip(".,:;") for word in words if word[:2] == "--"}
        assert options <= set(known), (name, options - set(known))
    made = {a or b for a, b in re.findall(r"`make (\w+)|(?m:^make (\w+) +#)", text)}
    assert made <= MAKE, made - MAKE
