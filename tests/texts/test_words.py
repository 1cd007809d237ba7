"""The texts that people read: one word for one thing, and French as it is printed."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "callbacks" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
GLOSSARY = ROOT / "docs" / "glossary.md"
FOR_OPERATORS = (
    "callbacks/management/commands/*.py",
    "callbacks/operations/*.py",
    "callbacks/call_api/connected_service.py",
    "callback_site/*.py",
)
TABLES = {"en": "### In English", "fr": "### In French"}


def texts(language: str) -> Iterator[str]:
    for entry in polib.pofile(str(CATALOGUE)):
        if language == "fr":
            yield from filter(None, [entry.msgstr, *entry.msgstr_plural.values()])
        else:
            yield from filter(None, [entry.msgid, entry.msgid_plural])


def sentences_for_operators() -> Iterator[str]:
    """Yield what the commands, the checks at the start and the settings say: strings of several
    words, docstrings left out.
    """
    for path in sorted(file for pattern in FOR_OPERATORS for file in ROOT.glob(pattern)):
        tree = ast.parse(path.read_text())
        docstrings = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and " " in text.strip() and id(node) not in docstrings:
                yield f"{path.name}: {text}"


def words_not_used(language: str) -> list[tuple[str, re.Pattern[str]]]:
    """Return each expression of the glossary's table for a language, with its pattern."""
    table = GLOSSARY.read_text().partition(TABLES[language])[2].partition("###")[0]
    rows = re.findall(r"^\| ([^|]+?) \| [^|]+ \|$", table, re.MULTILINE)
    expressions = [text for row in rows[1:] for text in row.split(", ")]
    return [(text, _pattern(text)) for text in expressions]


def _pattern(expression: str) -> re.Pattern[str]:
    words = re.escape(expression).replace(r"\*", r"\w*")
    return re.compile(rf"\b{words}\b", re.IGNORECASE)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_text_uses_a_word_that_the_glossary_rules_out(language: str) -> None:
    assert ruled_out(language, texts(language)) == []


def test_no_command_and_no_setting_uses_a_word_that_the_glossary_rules_out() -> None:
    sentences = list(sentences_for_operators())
    assert len(sentences) > 100
    assert ruled_out("en", sentences) == []


def ruled_out(language: str, found: Iterable[str]) -> list[str]:
    """Return the texts that use a word which the glossary rules out, each behind that word."""
    expressions = words_not_used(language)
    assert len(expressions) > 10
    return [
        f"{word}: {text}" for text in found for word, pattern in expressions if pattern.search(text)
    ]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (r"[ \N{NARROW NO-BREAK SPACE}][:;?!»]", "a no-break space stands before : ; ? ! »"),
        (r"«[^\N{NO-BREAK SPACE}]", "a no-break space stands after «"),
        (r"[^\s\N{NO-BREAK SPACE}:;?!…][;?!»](?!\w)", "a no-break space stands before ; ? ! »"),
        (r"\w:(?=\s|$)", "a no-break space stands before :"),
        (r"[a-zà-ÿ]'", "the apostrophe is ’"),
        (r"e\N{NON-BREAKING HYPHEN}mail|E\N{NON-BREAKING HYPHEN}mail", "e-mail is written with -"),
        (r"\d ?(?:am|pm)\b", "times are written in 24 hours"),
        (r"[^.]\.\.\.|\.\.\.[^.]", "the ellipsis is …"),
        (r"\d %", "a no-break space stands before %"),
    ],
)
def test_french_is_written_as_it_is_printed(fault: str, why: str) -> None:
    found = [text for text in texts("fr") if re.search(fault, text)]
    assert found == [], why
