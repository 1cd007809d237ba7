"""What comes in: a form as it was typed, and where the visitor was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from callbacks.models import (
    Widget,
)


@dataclass(frozen=True)
class VisitSource:
    """Where the visitor asked from, as far as it is known; cut to size and cleaned already."""

    page_url: str = ""
    page_title: str = ""
    referrer: str = ""
    utm: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Submission:
    """What came in, as it was typed. `nonce` is the idempotency key: one for each form shown.

    `address`: the client's. `is_verified`: the site has signed number and email. `fill_time`: from
    showing the form to its coming back, if known. `restore_mark`: of the last restore of a backup
    when the form was shown; None for what was not shown as a form.
    """

    widget: Widget
    nonce: str
    number: str
    email: str
    language: str
    consent: bool
    consent_text: str
    address: str = ""
    origin: VisitSource = VisitSource()
    is_verified: bool = False
    fill_time: timedelta | None = None
    restore_mark: str | None = None
