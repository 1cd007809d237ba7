"""Model the life of a request, and of all actors that change it, as a machine that can run.

The model states the promises itself and imports nothing of the product. Read it as three tables:
`MOVES` (who may change a status, from where to where), `ANSWERS` (what an answer of the service
means), and `steps.py` with its neighbours (what each actor may do next, one atomic step at a time).
`Rules` holds every rule that a mutant may break.

The model makes the same assumptions as docs/reliability.md: after an answer of 429, 4xx, 401 or 307
no phone rang; nothing happens between the last look and the send, which are one step.

Time is no clock but three facts about a row: it is `due`, its patience is over (`late`), its
attempt's time is over (`overdue`). Each may become true at any moment.

A booking has a `slot`, which is one of two. It becomes due when its slot begins. The hours may
change at any moment, so that its slot is `outside` them: then nobody is called unless staff confirm
this slot. Both staff and the visitor may move it to the other slot, which is inside the hours. The
retry of a booking is left out: it may lead to another time, which has tests of its own.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

OPEN = ("queued", "calling")
FINAL = ("called", "uncertain", "failed", "cancelled")
MACHINES = ("worker", "service", "housekeeping", "time")


class Request(NamedTuple):
    """A row; the fields below "The truth" hold whether the product knows it or not."""

    status: str = "absent"  # until its form is sent
    attempts: tuple[str, ...] = ()  # the outcome of each
    number: str = "a"
    due: bool = True
    late: bool = False
    overdue: bool = False
    erased: bool = False
    sends: int = 0  # as the row counts them
    is_readable: bool = True  # with the current keys
    slot: int = 0  # 1 or 2; 0 is a call for now
    outside: bool = False  # the opening hours
    confirmed: int = 0  # the slot that staff have confirmed, as the row says
    withdrawn: bool = False  # the visitor has taken the consent back
    # The truth:
    may_have_rung: frozenset[int] = frozenset()  # attempts, since a person last asked
    accepted: frozenset[int] = frozenset()  # attempts that were answered with 2xx
    sent: int = 0  # since a person last asked
    said: bool = False  # a person says that the call took place
    early: bool = False  # the slot has not begun
    agreed: int = 0  # the slot for which staff have confirmed this booking, since it was last moved


class Worker(NamedTuple):
    """A worker; `at` is idle, claimed, sent, answered, or tokenless (without a claim).

    Only mutants are at chosen (before the claim) or looked (before the send).
    """

    at: str = "idle"
    request: int = 0
    attempt: int = 0  # its number; if tokenless, the number of attempts that it saw
    number: str = ""
    sends_before: int = 0
    sends: int = 0
    answer: str = ""
    has_new_token: bool = False


class Copy(NamedTuple):
    """A row as an actor read it, perhaps long ago."""

    request: int
    status: str
    attempts: int
    number: str
    erased: bool
    is_readable: bool = True
    slot: int = 0


class State(NamedTuple):
    requests: tuple[Request, ...]
    workers: tuple[Worker, ...]
    copies: tuple[tuple[str, Copy], ...] = ()  # by actor
    blocked: frozenset[str] = frozenset()  # numbers
    acts_left: int = 0  # of people


class Move(NamedTuple):
    sources: tuple[str, ...]
    target: str
    actors: tuple[str, ...]


MOVES = {
    "claim": Move(("queued",), "calling", ("worker",)),
    "accept": Move(("calling",), "called", ("worker",)),
    "requeue": Move(("calling",), "queued", ("worker",)),
    "refuse": Move(("calling",), "failed", ("worker",)),
    "mark_uncertain": Move(("calling",), "uncertain", ("worker", "housekeeping")),
    "late_accept": Move(("uncertain",), "called", ("worker",)),
    "expire": Move(("queued",), "failed", ("worker", "housekeeping")),
    # No step makes it: it goes the way of "expire", by housekeeping alone and for another fact, so
    # its interleavings are those of "expire".
    "expire_closed": Move(("queued",), "failed", ("housekeeping",)),
    "set_aside": Move(("queued",), "uncertain", ("worker",)),
    "cancel": Move(("queued",), "cancelled", ("visitor", "staff", "worker", "api_key")),
    "reschedule": Move(("queued",), "queued", ("visitor", "staff", "api_key")),
    "confirm": Move(("queued",), "queued", ("staff",)),
    "retry": Move(("failed", "uncertain", "called"), "queued", ("staff",)),
    "mark_called": Move(("queued", "uncertain", "failed"), "called", ("staff",)),
    "close": Move(("uncertain", "failed"), "cancelled", ("staff",)),
    "hold": Move(("queued", "calling"), "uncertain", ("operator",)),
}


class Answer(NamedTuple):
    """What an answer means; a `move` of "again" means that the same attempt sends once more."""

    outcome: str
    move: str
    may_have_rung: bool


ANSWERS = {
    "2xx": Answer("accepted", "accept", True),
    "5xx": Answer("unknown", "mark_uncertain", True),  # also 408, 425 and 301 to 303
    "lost": Answer("unknown", "mark_uncertain", True),
    "429": Answer("try_later", "requeue", False),
    "429 beyond patience": Answer("try_later", "requeue", False),
    "4xx": Answer("refused", "refuse", False),
    "401": Answer("not_sent", "requeue", False),  # with a token fetched for this attempt
    "401 of an old token": Answer("", "again", False),
    "307": Answer("", "again", False),
    # Nothing was sent this time:
    "not connected": Answer("not_sent", "requeue", False),
    "held back": Answer("not_sent", "requeue", False),  # the last look said no
    "too old": Answer("not_sent", "requeue", False),  # the machine slept
}
ENDED = ("accepted", "not_sent", "try_later", "refused", "ended")
NOTHING_WENT_OUT = ("not connected", "held back", "too old")


@dataclass(frozen=True)
class Rules:
    """The limits of a search, and the rules that each step relies on; False makes a mutant."""

    most_attempts: int = 3
    most_sends: int = 2  # five in the product
    # If False, the search distinguishes less: how an attempt ended, what is behind a final status.
    in_detail: bool = True
    moves: dict[str, Move] = field(default_factory=lambda: MOVES)
    answers: dict[str, Answer] = field(default_factory=lambda: ANSWERS)
    moves_compare_the_status: bool = True
    moves_compare_the_attempts: bool = True
    moves_leave_the_erased_alone: bool = True
    retry_leaves_the_erased_alone: bool = True
    claim_is_compare_and_set: bool = True
    claim_is_committed_before_the_send: bool = True
    claim_looks_at_patience: bool = True
    claim_asks_the_block_list: bool = True
    claim_sets_the_unreadable_aside: bool = True
    last_look: bool = True
    last_look_and_send_are_one: bool = True
    sends_are_counted: bool = True
    put_off_waits: bool = True
    machines_leave_the_uncertain_alone: bool = True
    answers_end_open_attempts_only: bool = True
    late_accept_is_of_the_latest: bool = True
    expire_looks_at_patience: bool = True
    doubt_ends_the_attempt: bool = True
    hold_ends_the_attempt: bool = True
    housekeeping_doubts: bool = True
    housekeeping_expires: bool = True
    erasure_waits_for_calls: bool = True
    erasure_cancels_what_waits: bool = True
    retention_leaves_open_ones_alone: bool = True
    correction_looks_at_the_status: bool = True
    same_form_is_same_request: bool = True
    refusal_for_want_of_a_token_compares: bool = True
    claim_looks_at_the_hours: bool = True
    last_look_looks_at_the_hours: bool = True
    confirmation_is_for_one_slot: bool = True
    confirm_compares_the_slot: bool = True
    reschedule_compares_the_slot: bool = True
    reschedule_ends_the_confirmation: bool = True
    reschedule_waits_for_the_slot: bool = True

    def is_open(self, row: Request) -> bool:
        """Return whether the hours allow a call now, or staff have confirmed it."""
        is_this = row.confirmed == row.slot or not self.confirmation_is_for_one_slot
        return not row.outside or (row.confirmed > 0 and is_this)
