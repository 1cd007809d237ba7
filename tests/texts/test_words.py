"""The texts that people read: one word for one thing, and French as it is printed."""

import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "callbacks" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
GLOSSARY = ROOT / "docs" / "glossary.md"
TABLES = {"en": "### In English", "fr": "### In French"}


def texts(language: str) -> Iterator[str]:
    for entry in polib.pofile(str(CATALOGUE)):
        if language == "fr":
            yield from filter(None, [entry.msgstr, *entry.msgstr_plural.values()])
        else:
            yield from filter(None, [entry.msgid, entry.msgid_plural])


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
    expressions = words_not_used(language)
    assert len(expressions) > 10
    found = [
        f"{word}: {text}"
        for text in texts(language)
        for word, pattern in expressions
        if pattern.search(text)
    ]
    assert found == []


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
