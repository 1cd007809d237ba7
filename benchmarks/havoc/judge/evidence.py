"""What the judge takes: plain data, filled by the run and by tests.

All times are Unix seconds of one clock, the stand-in's. A run in which the database's clock jumps
converts its rows, or names the periods in `Settings.unsure`. An empty text means "none".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Send:
    """A startcall request that reached the stand-in, whether a phone rang or not."""

    index: int
    at: float
    # What the stand-in sent back; None when no readable answer left it.
    status: int | None
    originate: str = ""
    destination: str = ""
    email: str = ""
    # Which token it carried, in the order in which they were issued; None when it was none.
    token: int | None = None
    answered_at: float | None = None
    retry_after: float | None = None
    # The stand-in's faults that struck.
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ring:
    """A phone that rang. `send` is the index of the send that made it ring."""

    index: int
    at: float
    send: int
    originate: str
    destination: str
    email: str


@dataclass(frozen=True)
class Correction:
    """A visitor changed their number. `told_at` is None when no clear answer came back."""

    asked_at: float
    number: str
    told_at: float | None


@dataclass(frozen=True)
class Note:
    """What one visitor did and was told: one form of one widget, however often it was sent.

    Two notes with the same `form` (its nonce) are one form that was sent twice, as by a double
    click. Empty: a form of its own.
    """

    number: str
    email: str
    widget: str
    # When the form was sent first; None when the visitor never had a form to send.
    asked_at: float | None = None
    # The token of the request's page: they were told "we'll call you".
    promise: str = ""
    promised_at: float | None = None
    # Told that they will not be called, and did not send the form again with success.
    refused_at: float | None = None
    # Pressed "cancel", and was told that it is cancelled.
    cancelled_at: float | None = None
    # Pressed "do not call me again", and was told that it is done.
    blocked_at: float | None = None
    # A time that the visitor chose; None: as soon as possible.
    not_before: float | None = None
    # Those that were not refused.
    corrections: tuple[Correction, ...] = ()
    form: str = ""
    # Pages that nobody should see, such as "POST 500".
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonAct:
    """One thing that a person did on purpose, apart from filling in a form.

    `kind`: retry, cancel, close, mark_called, block, unblock, erase, purge, hold, stop, resume.
    `asked_at` is before they pressed the button, `done_at` when an answer came. `is_done` is False
    when they were told that it was not done, and None when no answer came back: it may have been
    done or not. Give the request's id, or a number for acts on numbers (block, unblock, erase); a
    hold without either is one of everything that is unfinished.
    """

    kind: str
    by: str
    asked_at: float
    done_at: float | None
    is_done: bool | None
    request: int | None = None
    number: str = ""


@dataclass(frozen=True)
class RequestRow:
    id: int
    token: str
    widget: str
    # Empty once erased.
    number: str
    email: str
    status: str
    reason: str
    created_at: float
    patience_until: float
    attempts_made: int
    erased_at: float | None = None


@dataclass(frozen=True)
class AttemptRow:
    request: int
    number: int
    started_at: float
    deadline_at: float
    ended_at: float | None
    outcome: str
    worker: str = ""
    code: str = ""
    http_status: int | None = None
    # How many sends it has written down; None where nothing is known about that.
    sends: int | None = None


@dataclass(frozen=True)
class MoveRow:
    """One change of status. `id` grows in the order in which they were written."""

    id: int
    request: int
    at: float
    name: str
    from_status: str
    to_status: str
    actor: str
    reason: str = ""
    # The member of staff, as in `PersonAct.by`.
    person: str = ""


@dataclass(frozen=True)
class Widget:
    """`scenarios`: every scenario it had during the run."""

    scenarios: tuple[str, ...]
    patience: float
    calls_per_minute: int | None = None
    simultaneous_calls: int | None = None


@dataclass(frozen=True)
class Period:
    since: float
    until: float
    name: str = ""


@dataclass(frozen=True)
class Settings:
    """What the run was set up to do. `widgets`: by public id."""

    widgets: Mapping[str, Widget]
    pace_calls: int = 0
    pace_seconds: float = 1.0
    # A claim may be this old when its request is sent.
    claim_age: float = 5.0
    # Two clocks of the same machine, and an answer and its note, differ by this much at most.
    slack: float = 1.0
    # When times of rows mean nothing, because the database's clock was wrong.
    unsure: tuple[Period, ...] = ()
    # A promised call whose visitor waits in such a period is placed within `calm_bound` seconds. A
    # period that lasts until nothing happens any more counts for all who waited when it began.
    calm: tuple[Period, ...] = ()
    calm_bound: float = 60.0
    # One widget may be served so many calls more than another one that waits as well.
    fairness: int = 10
    # A part of the run in which the stand-in rings and then answers 429, 401, 307 or 308: a second
    # ring behind these is counted, not failed.
    price_is_counted: bool = False
    # At most so many sends by machines for one wish of a person.
    most_sends: int = 5
    # What may be sent again after a while: 429, and what an operator's setting adds.
    again: frozenset[int] = frozenset({429})
    # The shortest wait after a first 429; it doubles with each, jitter taken off already.
    first_backoff: float = 1.0
    # How long somebody's act may still be under way when no answer came back.
    act_seconds: float = 60.0
    # How many of each must have happened at least; the names are those of `verdict.count`.
    least: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """All that is known at the end.

    `harms`: what the run broke on purpose, and how long. A doubt that none of them explains, and no
    answer, is a violation.
    """

    settings: Settings
    sends: tuple[Send, ...]
    rings: tuple[Ring, ...]
    notes: tuple[Note, ...]
    acts: tuple[PersonAct, ...] = ()
    requests: tuple[RequestRow, ...] = ()
    attempts: tuple[AttemptRow, ...] = ()
    moves: tuple[MoveRow, ...] = ()
    harms: tuple[Period, ...] = ()
    # What the check of the proofs of consent found, a sentence each.
    proof_problems: tuple[str, ...] = ()
    # What the run counted by itself, for `Settings.least`.
    seen: Mapping[str, int] = field(default_factory=dict)
