"""The input of intake: a form as it was typed, and the page the visitor was on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from callbacks.consent.proof import Vouched
from callbacks.models import Widget
from callbacks.scheduling.slots import When
from callbacks.widgets.answers import Answers, Value


@dataclass(frozen=True)
class VisitSource:
    """The page from which the visitor asked, as far as it is known.

    The values are already cleaned and cut to the length of their columns.
    """

    page_url: str = ""
    page_title: str = ""
    referrer: str = ""
    campaign: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ChosenTopic:
    """The topic that the visitor chose: its name for systems, and its label as they read it.

    `offered_by` is the widget that offers it; None if that is gone.
    """

    offered_by: Widget | None
    key: str
    label: str


@dataclass(frozen=True)
class Submission:
    """A form as it was typed.

    `when` is the field as it was sent: `now`, `opening`, or the start of a time slot; "" means now.
    `nonce` is the idempotency key: each form that is shown has its own. `address` is the client's
    IP address. `is_verified` is true if the site signed the number and the email. `fill_time` is
    the time between showing the form and receiving it; None if unknown. `restore_mark` identifies
    the last restore of a backup when the form was shown; None if no form was shown. `is_one_more`
    is true if the visitor was just called, and asks again because the phone did not ring.
    `answers` are those to the widget's additional fields, by their keys. `kept_answers`, in their
    place, are the answers of an earlier request, which are copied. `tells_email` is true if the
    call bot gets the email as it is, whatever the widget says.

    `topic` is the topic that the visitor chose, if there was a choice; `widget` takes it.

    A system of the company that asks for a call sends no form, and no consent text was shown here.
    `vouched` is then its word for the consent, `is_identifier` says whether `email` holds an
    identifier of its own, and `body_hash` is the keyed hash of what it sent.
    """

    widget: Widget
    nonce: str
    number: str
    email: str
    language: str
    consent: bool
    consent_text: str
    topic: ChosenTopic | None = None
    when: str = ""
    address: str = ""
    source: VisitSource = VisitSource()
    is_verified: bool = False
    fill_time: timedelta | None = None
    restore_mark: str | None = None
    is_one_more: bool = False
    answers: Mapping[str, Value] = field(default_factory=dict)
    kept_answers: Answers | None = None
    tells_email: bool = False
    vouched: Vouched | None = None
    is_identifier: bool = False
    body_hash: str = ""

    @property
    def asked_for(self) -> str:
        """Return `when` as it is stored: "" for a call now."""
        return asked_for(self.when)


def asked_for(when: str) -> str:
    """Return the field `when` of a form as it is stored: "" for a call now."""
    return "" if when == When.NOW else when
