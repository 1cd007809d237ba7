"""Act as staff and operator, who do all they can; only they may cause a second call."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.models import User
from django.core.management import call_command

from benchmarks.havoc.acts import Acts
from benchmarks.havoc.in_use import InUse
from benchmarks.havoc.opening import Opening, save, some
from callbacks.abuse import block_keys, block_list
from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.data_protection import erasure, subject_access
from callbacks.data_protection import retention as retention_rules
from callbacks.dispatch import call_switch
from callbacks.lifecycle import actions, confirming, overbooking, retrying, transitions
from callbacks.models import Block, BlockKind, CallRequest, Status, Widget

STAFF = ("anne", "bob")
OPERATOR = "operator"
PAUSE = 0.7
# The share of open requests that they retry at a time.
SHARE = 0.3
# They choose among this number of the newest requests.
NEWEST = 60
OPEN = (Status.UNCERTAIN, Status.FAILED)
COLOURS = ("#1d4ed8", "#b91c1c", "#15803d")


class People:
    """They see the same lists, and sometimes press the same button at the same time."""

    def __init__(self, seed: int, database: InUse, opening: Opening) -> None:
        self._opening = opening
        self._chance = random.Random(seed + 1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="people", daemon=True)
        self._persons = [User.objects.create_user(name) for name in STAFF]
        self._choices: list[tuple[float, Callable[[], None]]] = [
            (5.0, self._retry_some),
            (1.0, lambda: self._on_one(OPEN, "retry")),
            (1.0, lambda: self._on_one((*OPEN, Status.QUEUED), "mark_called")),
            (1.0, lambda: self._on_one((Status.QUEUED,), "cancel")),
            (1.0, self._confirm),
            (0.5, lambda: self._on_one(OPEN, "close")),
            (0.1, self._hold_all),
            (0.3, self._stop_and_resume),
            (0.6, self._erase),
            (0.6, self._purge),
            (0.8, self._block),
            (0.4, self._unblock),
            (0.4, self._edit_a_widget),
            (1.0, self._change_hours),
            (0.3, self._export),
        ]
        self.acts = Acts(database)

    def start(self) -> None:
        """Start to act."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, set the hours for the end, retry everything that is still open, and return.

        One widget is open from then on. The other closes for a minute that some have booked.
        """
        self._over.set()
        self._thread.join()
        for public_id, name in self._with_hours():
            is_last = name == "slots"
            self._set_hours(
                public_id, self._opening.closed_for(1, 1) if is_last else self._opening.always
            )
        self._retry_some(share=1.0)

    def _run(self) -> None:
        weights = [weight for weight, _ in self._choices]
        while not self._over.wait(PAUSE):
            [(_, choice)] = self._chance.choices(self._choices, weights)
            choice()

    def _seen(self, statuses: Iterable[Status] = tuple(Status)) -> list[CallRequest]:
        """Return the newest requests with these statuses; none while the database is away."""
        rows = CallRequest.objects.select_related("widget").filter(status__in=[*statuses])
        return self.acts.read(rows.order_by("-pk")[:NEWEST])

    def _a_number(self) -> str:
        numbers = [str(row.number) for row in self._seen() if row.number]
        return self._chance.choice(numbers) if numbers else ""

    def _a_person(self) -> User:
        return self._chance.choice(self._persons)

    def _retry_some(self, share: float = SHARE) -> None:
        """Let both members of staff retry the same open requests at once."""
        chosen = [row.pk for row in self._seen(OPEN) if self._chance.random() < share]

        def retry(person: User) -> None:
            for pk in chosen:
                self._on_row(pk, "retry", person)

        with ThreadPoolExecutor(len(STAFF), thread_name_prefix="person") as pool:
            list(pool.map(retry, self._persons))

    def _on_one(self, statuses: tuple[Status, ...], kind: str) -> None:
        if rows := self._seen(statuses):
            self._on_row(self._chance.choice(rows).pk, kind, self._a_person())

    def _on_row(self, pk: int, kind: str, person: User) -> None:
        moves: dict[str, Callable[[CallRequest], bool]] = {
            # In every other full slot, they take a place too many: the page tells them so.
            "retry": lambda row: retrying.retry(row, person, checked=True, overbook=pk % 2 == 0),
            "mark_called": lambda row: actions.mark_called(row, person),
            "cancel": lambda row: actions.cancel(row, person),
            "close": lambda row: actions.close(row, person),
            # An uncertain one would be retried, which is another act.
            "confirm": lambda row: row.status == Status.QUEUED and confirming.confirm(row, person),
        }

        def act() -> bool:
            row = CallRequest.objects.select_related("widget").get(pk=pk)
            try:
                return moves[kind](row)
            except (transitions.NotAllowed, overbooking.SlotFull):
                return False

        self.acts.do(kind, person.username, act, call_request=pk)

    def _confirm(self) -> None:
        """Confirm bookings that wait; only those outside the hours need it."""
        person = self._a_person()
        for row in self._seen((Status.QUEUED,)):
            if row.slot_start is not None:
                self._on_row(row.pk, "confirm", person)

    def _hold_all(self) -> None:
        def act() -> bool:
            call_command("hold_unfinished", yes=True, stdout=_Nowhere())
            return True

        self.acts.do("hold", OPERATOR, act)

    def _stop_and_resume(self) -> None:
        by = self._a_person().username
        self.acts.do("stop", by, lambda: call_switch.stop(by))
        self._over.wait(self._chance.uniform(0.5, 2.5))
        while self.acts.do("resume", by, lambda: call_switch.resume(by)) is None:
            time.sleep(PAUSE)

    def _erase(self) -> None:
        person, number = self._a_person(), self._a_number()

        def act() -> bool:
            try:
                erasure.erase(person, number=number)
            except erasure.CallUnderWay:
                return False
            return True

        if number:
            self.acts.do("erase", person.username, act, number=number)

    def _purge(self) -> None:
        def act() -> bool:
            return bool(retention_rules.purge(clock.now()))

        self.acts.do("purge", OPERATOR, act)

    def _block(self) -> None:
        person, number = self._a_person(), self._a_number()

        def act() -> bool:
            block_list.add(BlockKind.NUMBER, number, reason="chaos", author=person)
            return True

        if number:
            self.acts.do("block", person.username, act, number=number)

    def _unblock(self) -> None:
        person = self._a_person()
        blocked = [act.number for act in self.acts.done if act.kind == "block" and act.is_done]
        if not blocked:
            return
        number = self._chance.choice(blocked)

        def act() -> bool:
            # Only blocks that staff added here, never one that a visitor asked for.
            mine = Block.objects.filter(
                key=block_keys.key_of(BlockKind.NUMBER, number), reason="chaos"
            )
            deleted, _ = mine.delete()
            audit_log.record(person, "block.delete", "chaos")
            return bool(deleted)

        self.acts.do("unblock", person.username, act, number=number)

    def _edit_a_widget(self) -> None:
        colour = self._chance.choice(COLOURS)

        def act() -> bool:
            widget = Widget.objects.order_by("?")[0]
            widget.accent_colour = colour
            widget.save()
            return True

        self.acts.do("edit", self._a_person().username, act)

    def _with_hours(self) -> list[tuple[str, str]]:
        """Return public id and name of the widgets with hours; none while the database is away."""
        rows = Widget.objects.filter(has_hours=True).order_by("name")
        return self.acts.read(rows.values_list("public_id", "name"))

    def _change_hours(self) -> None:
        if found := self._with_hours():
            self._set_hours(self._chance.choice(found)[0], some(self._opening, self._chance))

    def _set_hours(self, public_id: str, text: str) -> None:
        def act() -> bool:
            save(Widget.objects.get(public_id=public_id), text)
            return True

        self.acts.do("hours", self._a_person().username, act, widget=public_id, hours=text)

    def _export(self) -> None:
        if number := self._a_number():
            self.acts.do(
                "export",
                self._a_person().username,
                lambda: bool(subject_access.export(number=number)),
            )


class _Nowhere:
    """A stream for the output of a command, which drops it."""

    def write(self, text: str) -> None:
        """Drop the text."""
