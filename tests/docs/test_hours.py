"""The rules and the commands in docs/hours.md are understood."""

import re
import shlex

import pytest
from django.core.management import call_command

from callbacks.hours import hours_syntax
from callbacks.models import Widget
from tests.support.sandbox_process import ROOT

TEXT = (ROOT / "docs" / "hours.md").read_text()


def test_every_rule_is_understood() -> None:
    cells = re.findall(r"(?m)^\| (`.*?) \|", TEXT)
    rules = [rule for cell in cells for rule in re.findall("`(.+?)`", cell)]
    assert len(rules) > 15
    for rule in rules:
        hours_syntax.check(f"24/7; {rule}")


@pytest.mark.django_db
def test_every_command_is_understood() -> None:
    blocks = "".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL))
    lines = blocks.replace("\\\n", "").splitlines()
    commands = [shlex.split(line, comments=True) for line in lines]
    assert [words[2] for words in commands] == [
        *("create_widget", "change_widget", "change_widget"),
        *("change_widget", "change_widget", "stop_calls", "resume_calls"),
    ]
    for words in commands:
        known = Widget.objects.values_list("public_id", flat=True).first() or ""
        call_command(*(known if word == "PUBLIC_ID" else word for word in words[2:]))
