"""The French documents say what the English ones say: same headings, tables and code."""

import re

import pytest

from tests.support.sandbox_process import ROOT

FRENCH = sorted(path for path in ROOT.glob("docs/*.fr.md") if path.name != "index.fr.md")
FENCE = re.compile(r"(?ms)^```.*?^```$")


def shape(text):
    """Return the levels of the headings, and the number of rows of each table, in their order."""
    prose = FENCE.sub("", text)
    headings = re.findall(r"(?m)^(#+) ", prose)
    tables = [len(table.splitlines()) for table in re.findall(r"(?m)(?:^\|.*\n?)+", prose)]
    return headings, tables


def names(text):
    """Return all that stands in backticks, on one line each."""
    code = re.findall(r"`([^`]+)`", FENCE.sub("", text))
    return {" ".join(name.split()) for name in code}


@pytest.mark.parametrize("french", FRENCH, ids=lambda path: path.name)
def test_a_translation_has_what_the_original_has(french):
    ours = french.read_text()
    original = french.with_name(french.name.replace(".fr.md", ".md")).read_text()
    assert shape(ours) == shape(original)
    assert FENCE.findall(ours) == FENCE.findall(original)
    assert names(ours) == names(original)


@pytest.mark.parametrize("french", FRENCH, ids=lambda path: path.name)
def test_its_punctuation_does_not_begin_a_line(french):
    prose = re.sub(r"`[^`]*`", "", FENCE.sub("", french.read_text()))
    prose = re.sub(r"(?m)^\|[ :|-]+$|https?://\S+", "", prose)
    assert re.findall(r".{0,20} [;?!»:](?=\s).*|.*« ", prose) == []


def test_the_main_pages_are_translated():
    names = {path.name for path in FRENCH}
    assert {
        "api.fr.md",
        "staff.fr.md",
        "embedding.fr.md",
        "privacy.fr.md",
        "webhooks.fr.md",
    } <= names
