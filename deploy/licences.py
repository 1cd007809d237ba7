"""List the licences of all locked packages, and fail if one does not go with ours (BSD 3-Clause).

What runs on a site may have a permissive licence, the MPL (for its own files) or the LGPL (as a
library that is installed beside us). A tool that only developers run may have any free licence,
because no part of it is passed on with the project.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PERMISSIVE = {"Apache", "BSD", "CNRI", "MIT", "PSF", "PSFL", "Unlicense"}
WEAK = {"LGPL", "MPL"}
STRONG = {"GPL"}
# Packages whose metadata does not say it; their repositories do.
SAID_ELSEWHERE = {"axe-playwright-python": "MIT", "huey": "MIT"}
_WORD = re.compile(r"[A-Za-z]+")
_NAMES = {"Mozilla": "MPL", "Python": "PSF"}


def main() -> int:
    """Print a line for each package; return 1 if a licence is unknown or not allowed."""
    runtime, every = (_locked(f"requirements{part}.txt") for part in ("-monitoring", "-dev"))
    wrong = 0
    for name in sorted(every):
        licence = licence_of(name)
        if licence is None:
            continue  # for another system
        good = is_allowed(licence, is_tool=name not in runtime)
        wrong += not good
        if not good or "--list" in sys.argv:
            use = "runs on a site" if name in runtime else "for developers"
            print(f"{'' if good else 'NOT ALLOWED: '}{name}: {licence or 'unknown'} ({use})")
    print(f"{len(every)} packages, {wrong} with a licence that does not go with ours")
    return bool(wrong)


def licence_of(name: str) -> str | None:
    """Return the licence of an installed package, "" if nothing says it, or None if not installed.

    Newer packages have an expression, older ones classifiers or a free text.
    """
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in about.get_all("Classifier") or []
        if text.startswith("License ::")
    ]
    text = (about.get("License") or "").strip().partition("\n")[0]
    said = [about.get("License-Expression"), " OR ".join(classifiers), text]
    return SAID_ELSEWHERE.get(name) or next(filter(None, said), "")


def is_allowed(licence: str, *, is_tool: bool) -> bool:
    """Return whether one of the licences joined by OR goes with ours, as a whole (AND)."""
    allowed = PERMISSIVE | WEAK | (STRONG if is_tool else set())
    return any(
        all(set(_families(part)) & allowed for part in choice.split(" AND "))
        for choice in licence.split(" OR ")
    )


def _families(text: str) -> Iterator[str]:
    """Yield the families of licences that a text names."""
    for word in _words(text):
        yield _NAMES.get(word, word)


def _words(text: str) -> Iterable[str]:
    return _WORD.findall(text)


def _locked(name: str) -> set[str]:
    """Return the names of the packages in a lock file."""
    return set(re.findall(r"(?m)^([A-Za-z0-9._-]+)==", (ROOT / name).read_text()))


if __name__ == "__main__":
    sys.exit(main())
