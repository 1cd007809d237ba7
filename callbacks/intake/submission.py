"""What comes in: a form as it was typed, and where the visitor was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from callbacks.models import (
    Widget,
)


@dataclass(frozen=True)
class Origin:
    """Where the visitor asked from, as far as it is known; cut to size and cleaned already."""

    page_url: str = ""
    page_title: str = ""
    referrer: str = ""
    utm: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What came in, as it was typed. `nonce` is the idempotency key: one for each form shown.

    `address`: the client's. `is_verified`: the site has signed number and email. `took`: from
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
    origin: Origin = Origin()
    is_verified: bool = False
    took: timedelta | None = None
    restore_mark: str | None = None
