"""What a look at the service found."""

from dataclasses import dataclass
from typing import Literal

Name = Literal["name", "tls", "credentials", "clock", "answer"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    ``sentence``: in the active language; of what is wrong, it says what to do next.
    """

    name: Name
    ok: bool
    sentence: str


def right(name: Name, sentence: str, **values: object) -> Finding:
    """A finding that needs nothing done; ``values`` fill the sentence's placeholders."""
    return Finding(name, True, sentence % values)


def wrong(name: Name, sentence: str, **values: object) -> Finding:
    """A finding that somebody must act on; ``values`` fill the sentence's placeholders."""
    return Finding(name, False, sentence % values)
