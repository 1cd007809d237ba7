"""Check that the French translation is complete, and that the compiled file matches it.

The `.mo` files are committed, so that the site speaks French on a machine without gettext. This
check keeps them up to date. It needs gettext's `xgettext` to compare the strings of the source with
the translation. Without `xgettext` it skips this comparison; with `CI=true` that is an error.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "fr"
WITHOUT_STRINGS = shutil.ignore_patterns(
    ".*", "var", "tests", "benchmarks", "docs", "deploy", "__pycache__"
)
_FORMS = re.compile(r"nplurals=(\d)")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%[sdif]|{\w*}")

type Key = tuple[str, str]  # context, English text


def main() -> int:
    """Print each problem on its own line; return 1 if there is any."""
    catalogues = sorted(ROOT.glob(f"*/locale/{LANGUAGE}/LC_MESSAGES/*.po"))
    problems = [] if catalogues else [f"there is no {LANGUAGE} translation"]
    can_extract = shutil.which("xgettext") is not None
    for catalogue in catalogues:
        name = catalogue.relative_to(ROOT)
        translation = polib.pofile(str(catalogue))
        found = [*incomplete(translation), *outdated(translation, catalogue.with_suffix(".mo"))]
        if can_extract:
            found += differing(translation, extracted(catalogue))
        problems += [f"{name}: {problem}" for problem in found]
    if not can_extract:
        left_out = "gettext is not installed, so new strings were not looked for"
        if os.environ.get("CI", "").lower() == "true":
            problems.append(f"{left_out}; on Debian: apt install gettext")
        else:
            print(f"!! {left_out}; on Debian: apt install gettext")
    print("".join(f"{problem}\n" for problem in problems), end="")
    return 1 if problems else 0


def incomplete(translation: polib.POFile) -> Iterator[str]:
    """Yield what a translator still has to do."""
    forms = int(_FORMS.findall(translation.metadata.get("Plural-Forms", "nplurals=2"))[0])
    for entry in translation:
        texts = [entry.msgid, *filter(None, [entry.msgid_plural])]
        translations = list(entry.msgstr_plural.values()) or [entry.msgstr]
        if entry.obsolete:
            yield f"no longer in the source: {entry.msgid!r}"
        elif entry.fuzzy:
            yield f"fuzzy: {entry.msgid!r}"
        elif not all(translations):
            yield f"not translated: {entry.msgid!r}"
        elif entry.msgid_plural and len(translations) != forms:
            yield f"without its {forms} plural forms: {entry.msgid!r}"
        elif any(_placeholders(text) not in map(_placeholders, texts) for text in translations):
            yield f"other placeholders than the English text: {entry.msgid!r}"


def outdated(translation: polib.POFile, compiled: Path) -> Iterator[str]:
    """Yield a problem if the compiled file is missing or says something else."""
    remedy = "run .venv/bin/python manage.py compilemessages"
    if not compiled.exists():
        yield f"not compiled: {remedy}"
    elif _meaning(polib.mofile(str(compiled))) != _meaning(translation):
        yield f"the .mo file is another one's: {remedy}"


def differing(translation: polib.POFile, source: set[Key]) -> Iterator[str]:
    """Yield the strings that only the source has, and those that only the translation has."""
    known = {_key(entry) for entry in translation if not entry.obsolete}
    for _context, text in sorted(source - known):
        yield f"missing, run .venv/bin/python manage.py makemessages -l {LANGUAGE}: {text!r}"
    for _context, text in sorted(known - source):
        yield f"no longer in the source: {text!r}"


def extracted(catalogue: Path) -> set[Key]:
    """Return the strings that `makemessages` finds in a copy of the source."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "source"
        shutil.copytree(ROOT, copy, ignore=WITHOUT_STRINGS)
        command = [sys.executable, "manage.py", "makemessages", "--locale", LANGUAGE]
        command += ["--domain", catalogue.stem, "--no-location", "--verbosity", "0"]
        subprocess.run(command, cwd=copy, check=True)
        fresh = polib.pofile(str(copy / catalogue.relative_to(ROOT)))
        return {_key(entry) for entry in fresh if not entry.obsolete}


def _key(entry: polib.POEntry | polib.MOEntry) -> Key:
    return entry.msgctxt or "", entry.msgid


def _meaning(messages: polib.POFile | polib.MOFile) -> tuple[object, ...]:
    """Return what Django reads: the plural rule, and the translations in use."""
    translations = {
        _key(entry): dict(entry.msgstr_plural) or entry.msgstr
        for entry in messages.translated_entries()
        if not entry.obsolete
    }
    return messages.metadata.get("Plural-Forms"), translations


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text.replace("%%", "")))


if __name__ == "__main__":
    sys.exit(main())
