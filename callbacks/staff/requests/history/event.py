"""One line of the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Event:
    """One line of the history. `kind` colours it: a status, an outcome, "asked" or "note"."""

    at: datetime
    kind: str
    title: str
    by: str = ""
    # The new status, if it changed.
    status: str = ""
    status_kind: str = ""
    reason: str = ""
    note: str = ""
    # Further facts: name and value.
    facts: Sequence[tuple[str, str]] = ()
    # The anchor on the help page that explains it.
    help: str = ""
    # Words quoted: the text of the consent, or the answer of the call service.
    quote: str = ""
