"""Act as visitors: each wants one call, sends the form until it is answered, and may change plans.

They record only what they do and what they are told. The judge reads it.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from benchmarks.havoc.browser import Answer, Browser
from benchmarks.havoc.clocks import real_monotonic, real_time
from benchmarks.havoc.injections import Pulse
from benchmarks.havoc.judge.evidence import Correction, Moved, Note, Slot

# A visitor presses "try again" this many times, with this pause in seconds, and then gives up.
TRIES, PAUSE = 30, 0.5
# The shares of visitors with a promised call who do each of these. The others wait for their call.
CANCEL, CORRECT, NEVER_AGAIN, RELOAD, SEND_AGAIN = 0.05, 0.06, 0.03, 0.1, 0.08
DOUBLE_CLICK = 0.05
# The share of visitors who choose a time slot where one is soon enough, and of these, the share who
# move it. They book in seconds from now, so that the call comes within the run.
BOOK, MOVE, BOOK_WITHIN = 0.8, 0.4, 100.0
# A visitor looks this many times for another time slot, because all may be taken.
LOOKS = 3
# They press the button at the same moments, in seconds, so that several want the last place.
PRESS_EVERY = 4.0
TAKEN, REFUSED, TOO_LATE = 303, {422, 429}, 409
SLOT_SECONDS = 60
EMAIL = "Jo.{index}@example.fr"


@dataclass
class Visitors:
    """A crowd of visitors; each uses whichever web process it happens to reach.

    `numbers` is the start of their phone numbers in E.164; seven digits follow.
    """

    ports: list[int]
    widgets: list[str]
    seed: int
    pulse: Pulse
    numbers: str = "+3361"
    notes: list[Note] = field(default_factory=list)
    # What they did and how it was answered, by name.
    did: Counter[str] = field(default_factory=Counter)

    def ask(self, count: int, seconds: float, at_once: int) -> None:
        """Send visitors evenly over `seconds`, at most `at_once` together; wait for all of them."""
        with ThreadPoolExecutor(at_once, thread_name_prefix="visitor") as pool:
            begun = real_monotonic()
            first = len(self.notes)
            comes_at = [begun + n * seconds / count for n in range(count)]
            come = pool.map(
                lambda n: self._visit(first + n, comes_at[n], begun + seconds), range(count)
            )
            self.notes += [note for notes in come for note in notes]

    def _visit(self, index: int, comes_at: float, until: float) -> list[Note]:
        time.sleep(max(comes_at - real_monotonic(), 0))
        if real_monotonic() > until:
            return []
        return _Visitor(self, index).visit()


class _Visitor:
    """One visitor; a second note is for a form that was sent again."""

    def __init__(self, crowd: Visitors, index: int) -> None:
        self._crowd = crowd
        self._chance = random.Random(crowd.seed * 1_000_003 + index)
        self._browser = Browser(crowd.ports, self._chance)
        self._widget = self._chance.choice(crowd.widgets)
        self._page = f"/w/{self._widget}/"
        number = f"{crowd.numbers}{index:07}"
        self._other_number = f"{crowd.numbers[:-1]}{int(crowd.numbers[-1]) + 1}{index:07}"
        self._blank = Note(number, EMAIL.format(index=index), self._widget)

    def visit(self) -> list[Note]:
        refused: list[Note] = []
        form = self._fill_in(self._page, books=self._chance.random() < BOOK)
        if not form:
            return [replace(self._blank, errors=self._browser.errors)]
        notes = self._send_until_answered(form)
        if notes[0].refused_at and notes[0].slot:
            self._crowd.did["found the time slot taken"] += 1
            if other := self._fill_in(self._page, books=False):
                refused, form = notes, other
                notes = self._send_until_answered(form)
        if notes[0].promise:
            notes = self._think_twice(notes, form)
        return [replace(notes[0], errors=self._browser.errors), *notes[1:], *refused]

    def _open(self, page: str) -> Answer | None:
        """Return the page, or None if it could not be loaded."""
        for _ in range(TRIES):
            answer = self._browser.ask("GET", page)
            if answer and answer.status == 200:
                return answer
            time.sleep(PAUSE)
        return None

    def _fill_in(self, page: str, *, books: bool) -> dict[str, str]:
        """Open the form and fill it in, for a time slot if there is one and the visitor `books`.

        Return {} if there was no form.
        """
        answer = self._open(page)
        form = answer.fields() if answer else {}
        if answer is None or "form_token" not in form:
            return {}
        slot = self._soon(answer) if books else None
        # The first choice is a call now, or at the next opening.
        when = _spelled(slot) if slot else next(iter(answer.times()), "")
        self._blank = replace(self._blank, form=form["form_token"], slot=slot)
        typed = f"0{self._blank.number[3:]}"
        return form | {"number": typed, "email": self._blank.email, "consent": "on", "when": when}

    def _soon(self, answer: Answer, besides: Slot | None = None) -> Slot | None:
        """Return one of the first slots that are offered soon enough, or None."""
        now = real_time()
        offered = [_slot(text) for text in answer.times() if text.endswith("Z")]
        soon = [one for one in offered if now < one.start < now + BOOK_WITHIN and one != besides]
        return self._chance.choice(soon[:2]) if soon else None

    def _send_until_answered(self, form: dict[str, str]) -> list[Note]:
        if self._blank.slot:
            time.sleep(PRESS_EVERY - real_time() % PRESS_EVERY)
        note = replace(self._blank, asked_at=real_time())
        double: list[Note] = []
        clicks = threading.Thread(
            target=lambda: double.append(self._send(form, note)), name="double click"
        )
        if self._chance.random() < DOUBLE_CLICK:
            clicks.start()
        for _ in range(TRIES):
            note = self._send(form, note)
            if note.promise or note.refused_at:
                break
            time.sleep(PAUSE)
        if clicks.ident:
            clicks.join()
            self._crowd.did["clicked twice"] += 1
        return [note, *double]

    def _send(self, form: dict[str, str], note: Note) -> Note:
        """Send the form; return the note, with what a clear answer said."""
        answer = self._browser.ask("POST", self._page, form)
        now = real_monotonic()
        if answer is None or answer.status not in {TAKEN, *REFUSED}:
            self._crowd.pulse.failed_forms.append(now)
            return note
        if answer.status == TAKEN:
            self._crowd.pulse.forms.append(now)
            return replace(note, promise=answer.token, promised_at=real_time())
        return replace(note, refused_at=real_time())

    def _think_twice(self, notes: list[Note], form: dict[str, str]) -> list[Note]:
        mine, *others = notes
        choices: list[tuple[float, Callable[[], list[Note]]]] = [
            (CANCEL, lambda: [self._cancel(mine), *others]),
            (CORRECT, lambda: self._correct(notes)),
            (NEVER_AGAIN, lambda: [self._never_again(mine), *others]),
            (RELOAD, lambda: self._reload(notes)),
            (SEND_AGAIN, lambda: self._send_again(notes, form)),
        ]
        if mine.slot:
            choices.append((MOVE, lambda: self._move(notes)))
        weights = [weight for weight, _ in choices]
        choices.append((1 - sum(weights), lambda: notes))
        [(_, choice)] = self._chance.choices(choices, [*weights, choices[-1][0]])
        return choice()

    def _act(
        self, note: Note, what: str, form: dict[str, str] | None = None
    ) -> tuple[int | None, bool]:
        """Press a button of the request's page until an answer comes; return its status or None.

        Also return whether an earlier press had no answer, because that press may have worked.
        """
        for tries in range(TRIES):
            answer = self._browser.ask("POST", f"/r/{note.promise}/{what}/", form or {})
            if answer and answer.status != 503:
                self._crowd.did[f"{what} answered {answer.status}"] += 1
                return answer.status, tries > 0
            time.sleep(PAUSE)
        return None, True

    def _cancel(self, note: Note) -> Note:
        done = self._act(note, "cancel")[0] == TAKEN
        return replace(note, cancelled_at=real_time() if done else None)

    def _never_again(self, note: Note) -> Note:
        done = self._act(note, "never")[0] == TAKEN
        return replace(note, blocked_at=real_time() if done else None)

    def _correct(self, notes: list[Note]) -> list[Note]:
        asked_at = real_time()
        status, unsure = self._act(notes[0], "number", {"number": f"0{self._other_number[3:]}"})
        if status in {TOO_LATE, *REFUSED} and not unsure:
            return notes
        told_at = real_time() if status == TAKEN else None
        correction = Correction(asked_at, self._other_number, told_at)
        # A double click is one request, so both notes have the correction.
        return [replace(note, corrections=(correction,)) for note in notes]

    def _move(self, notes: list[Note]) -> list[Note]:
        for _ in range(LOOKS):
            time.sleep(self._chance.uniform(0, 8))
            answer = self._open(f"/r/{notes[0].promise}/time/")
            slot = self._soon(answer, notes[0].slot) if answer else None
            if slot is not None:
                break
        else:
            return notes
        asked_at = real_time()
        status, unsure = self._act(notes[0], "time", {"when": _spelled(slot)})
        if status in {TOO_LATE, *REFUSED} and not unsure:
            return notes
        moved = Moved(asked_at, slot, real_time() if status == TAKEN else None)
        return [replace(note, moved=(moved,)) for note in notes]

    def _reload(self, notes: list[Note]) -> list[Note]:
        for _ in range(3):
            self._browser.ask("GET", f"/r/{notes[0].promise}/")
            time.sleep(self._chance.uniform(0.2, 1.5))
        self._crowd.did["reloaded the page"] += 1
        return notes

    def _send_again(self, notes: list[Note], form: dict[str, str]) -> list[Note]:
        time.sleep(self._chance.uniform(0.5, 6))
        again = self._send(form, replace(self._blank, asked_at=real_time()))
        self._crowd.did["sent an old form again"] += 1
        return [*notes, again]


def _slot(text: str) -> Slot:
    """Return the slot that an option of the form stands for."""
    start = datetime.fromisoformat(text).timestamp()
    return Slot(start, start + SLOT_SECONDS)


def _spelled(slot: Slot) -> str:
    return f"{datetime.fromtimestamp(slot.start, UTC):%Y-%m-%dT%H:%M:%SZ}"
