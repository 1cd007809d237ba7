"""Define the data that the judge takes: plain data, filled by the run and by tests.

All times are Unix seconds of one clock, the sandbox's. A run in which the database's clock jumps
converts the times of its rows, or lists the periods in `Settings.unsure`. An empty text means
"none".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Send:
    """A startcall request that reached the sandbox, whether a phone rang or not."""

    index: int
    at: float
    # The status that the sandbox sent, or None if no readable answer left it.
    status: int | None
    originate: str = ""
    destination: str = ""
    email: str = ""
    # Number of the token it carried, in the order of issue; None if the token is unknown.
    token: int | None = None
    answered_at: float | None = None
    retry_after: float | None = None
    # The faults of the sandbox that hit this send.
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ring:
    """A phone that rang; `send` is the index of the send that made it ring."""

    index: int
    at: float
    send: int
    originate: str
    destination: str
    email: str


@dataclass(frozen=True)
class Slot:
    """A time slot: the call comes between its start and its end."""

    start: float
    end: float


@dataclass(frozen=True)
class Moved:
    """A visitor moved a booked call; `told_at` is None if no clear answer came back."""

    asked_at: float
    slot: Slot
    told_at: float | None


@dataclass(frozen=True)
class Correction:
    """A visitor changed their number; `told_at` is None if no clear answer came back."""

    asked_at: float
    number: str
    told_at: float | None


@dataclass(frozen=True)
class Note:
    """What one visitor did and was told, for one form of one widget.

    The form may have been sent several times. Two notes with the same `form` (its nonce) are one
    form that was sent twice, for example by a double click. If `form` is "", it is a separate form.
    """

    number: str
    email: str
    widget: str
    # When the form was first sent; None if the visitor never got a form.
    asked_at: float | None = None
    # The token of the request's page, if the visitor was told "we'll call you".
    promise: str = ""
    promised_at: float | None = None
    # When the visitor was told that there will be no call, and no later send succeeded.
    refused_at: float | None = None
    # When the visitor pressed "cancel" and was told that the request is cancelled.
    cancelled_at: float | None = None
    # When the visitor pressed "do not call me again" and was told that it is done.
    blocked_at: float | None = None
    # The time that the visitor chose; None means as soon as possible.
    not_before: float | None = None
    # The time slot that the visitor chose, and those to which they moved the call: those moves that
    # were not refused. Whether one was made, the history says.
    slot: Slot | None = None
    moved: tuple[Moved, ...] = ()
    # The corrections that were not refused.
    corrections: tuple[Correction, ...] = ()
    form: str = ""
    # Pages that nobody should see, such as "POST 500".
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonAct:
    """One thing that a person did on purpose, other than sending a form.

    `kind` is retry, cancel, close, confirm, mark_called, block, unblock, erase, purge, hold, stop,
    resume or hours (then `widget` and `hours` say which widget got which opening hours).
    `asked_at` is before the person pressed the button. `done_at` is when an answer came. `is_done`
    is False if the person was told that it was not done, and None if no answer came: then it may
    have been done or not. `request` is the request's id. `number` is for acts on numbers (block,
    unblock, erase). A hold without either holds everything that is unfinished.
    """

    kind: str
    by: str
    asked_at: float
    done_at: float | None
    is_done: bool | None
    request: int | None = None
    number: str = ""
    widget: str = ""
    hours: str = ""


@dataclass(frozen=True)
class RequestRow:
    id: int
    token: str
    widget: str
    # "" once erased.
    number: str
    email: str
    status: str
    reason: str
    created_at: float
    patience_until: float
    attempts_made: int
    erased_at: float | None = None
    slot: Slot | None = None


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
    # The number of sends that the attempt recorded; None if it recorded nothing about them.
    sends: int | None = None


@dataclass(frozen=True)
class MoveRow:
    """One change of status; `id` grows in the order in which the rows were written."""

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
    """A widget; `scenarios` are all scenarios that it had during the run."""

    scenarios: tuple[str, ...]
    patience: float
    calls_per_minute: int | None = None
    simultaneous_calls: int | None = None
    # The opening hours at first ("" is always open), and the time zone in which they are meant.
    hours: str = ""
    time_zone: str = "UTC"
    slot_capacity: int | None = None


@dataclass(frozen=True)
class Period:
    since: float
    until: float
    name: str = ""


@dataclass(frozen=True)
class Settings:
    """How the run was set up; `widgets` by public id."""

    widgets: Mapping[str, Widget]
    pace_calls: int = 0
    pace_seconds: float = 1.0
    # The longest age of a claim when its call is sent, in seconds.
    claim_age: float = 5.0
    # The largest difference, in seconds, between two clocks of one machine, or between an answer
    # and its note.
    slack: float = 1.0
    # Periods in which the times of rows mean nothing, because the database's clock was wrong.
    unsure: tuple[Period, ...] = ()
    # In these periods, each promised call that is waiting is placed within `calm_bound` seconds. A
    # period that lasts until the end of the run counts for all who waited when it began.
    calm: tuple[Period, ...] = ()
    calm_bound: float = 60.0
    # The number of calls by which one widget may be served more than another that waits too.
    fairness: int = 10
    # For the part of the run in which the sandbox rings and then answers 429, 401, 307 or 308. A
    # second ring after such an answer is counted and is no failure.
    price_is_counted: bool = False
    # The maximum number of sends by machines for one wish of a person.
    most_sends: int = 5
    # Statuses after which a machine may send again later: 429, and what a setting adds.
    again: frozenset[int] = frozenset({429})
    # The shortest wait after the first 429, in seconds, without jitter. It doubles each time.
    first_backoff: float = 1.0
    # How long an act without an answer may still take effect, in seconds.
    act_seconds: float = 60.0
    # The minimum number of each event; the names are those of `verdict.count`.
    least: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """All that is known at the end of the run.

    `harms` lists what the run broke on purpose, and when. A doubtful call that no harm and no
    unclear answer explains is a violation.
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
    # What the check of the proofs of consent found, one sentence each.
    proof_problems: tuple[str, ...] = ()
    # What the run counted itself, for `Settings.least`.
    seen: Mapping[str, int] = field(default_factory=dict)
