"""One result of the diagnosis."""

from dataclasses import dataclass
from typing import Literal

Name = Literal["name", "tls", "credentials", "clock", "answer"]


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    `sentence` is in the active language. If something is wrong, it also says what to do next.
    """

    name: Name
    ok: bool
    sentence: str


def right(name: Name, sentence: str, **values: object) -> Finding:
    """Return a finding that needs no action. `values` fill the sentence's placeholders."""
    return Finding(name, True, sentence % values)


def wrong(name: Name, sentence: str, **values: object) -> Finding:
    """Return a finding that needs action. `values` fill the sentence's placeholders."""
    return Finding(name, False, sentence % values)
