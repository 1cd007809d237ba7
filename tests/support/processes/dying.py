"""Run something in a child process that kills itself at a named step.

The product does not know this: the function of the step is replaced from outside, in the process
that then dies.
"""

import importlib
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import datetime
from typing import Any, NoReturn

import django
from django.db import connection
from django.db.backends.utils import CursorWrapper


def die() -> NoReturn:
    """Kill this process, as `kill -9`, the kernel's memory killer or a power switch does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def kill_at(step: dict[str, Any]) -> None:
    """Arm `step` (see `tests.support.processes.steps.Step`)."""
    if step["within"]:
        replace(step["within"], lambda original: _arming(original, step))
    else:
        replace(step["at"], lambda original: _dying(original, step))


def replace(path: str, make: Callable[[Any], Any]) -> None:
    """Replace the function at `package.module:name.name` by `make(function)`."""
    module, _, names = path.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = names.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, name, make(getattr(owner, name)))


def _arming(original: Any, step: dict[str, Any]) -> Any:
    def wrapped(*args: Any, **options: Any) -> Any:
        replace(step["at"], lambda function: _dying(function, step))
        return original(*args, **options)

    return wrapped


def _dying(original: Any, step: dict[str, Any]) -> Any:
    left = step["count"]

    def wrapped(*args: Any, **options: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and step["when"] == "entry":
            die()
        if left == 0 and step["when"].endswith("_commit"):
            _die_by_commit(step["when"])
        if left == 0 and step["when"] == "during_message":
            _die_during_message()
        result = original(*args, **options)
        if left == 0 and step["when"] == "exit":
            die()
        return result

    return wrapped


def _die_by_commit(when: str) -> None:
    """Die at the next commit: before it, after it, or after sending it without its answer."""
    commit, execute = connection._commit, CursorWrapper.execute  # type: ignore[attr-defined]

    def dying(carry_out: Callable[[], object], message: bytes) -> NoReturn:
        if when == "before_commit":
            die()
        if when == "during_commit" and connection.vendor == "postgresql":
            connection.connection.pgconn.send_query(message)
            connection.connection.pgconn.flush()
            die()
        carry_out()
        die()

    def executing(cursor: Any, sql: str, parameters: Any = None) -> Any:
        is_whole = "; " in sql and not connection.in_atomic_block
        if not is_whole and "; COMMIT" not in sql:
            return execute(cursor, sql, parameters)
        message = cursor.cursor.mogrify(sql, parameters).encode()
        dying(lambda: execute(cursor, sql, parameters), message)

    connection._commit = lambda: dying(commit, b"COMMIT")  # type: ignore[attr-defined]
    CursorWrapper.execute = executing  # type: ignore[assignment, method-assign]


def _die_during_message() -> None:
    """Die as soon as the next message was sent to PostgreSQL; on SQLite, at once."""
    if connection.vendor != "postgresql":
        die()
    from callback_site.postgresql.base import Cursor

    Cursor.meanwhile = staticmethod(lambda _has_answer: die())


def take_in(widget: int, nonce: str, number: str, when: str = "") -> None:
    """Take in a form, as the web process does; `when` is its field for the time of the call."""
    from callbacks.intake import accept, submission
    from callbacks.models import Widget

    accept.accept(
        submission.Submission(
            widget=Widget.objects.get(pk=widget),
            nonce=nonce,
            number=number,
            email="jo@example.fr",
            language="fr",
            consent=True,
            consent_text="Call me.",
            when=when,
        )
    )


def reschedule(call_request: int, when: str) -> None:
    """Move a call to another time, as its visitor does."""
    from callbacks.intake import rescheduling
    from callbacks.models import CallRequest

    rescheduling.reschedule(CallRequest.objects.get(pk=call_request), when)


def change_hours(widget: int, opening_hours: str) -> None:
    """Change the opening hours, as the form of the widget does."""
    from callbacks.models import Widget
    from callbacks.widget_changes import widget_store

    changed = Widget.objects.get(pk=widget)
    changed.opening_hours = opening_hours
    changed.full_clean()
    widget_store.save(changed)


def place() -> None:
    """Place the next call, as a worker does."""
    from callbacks.dispatch import place_next

    place_next()


def place_with_token() -> None:
    """Place the next call, as a worker does that has a token at hand."""
    from callbacks import call_api

    call_api.default_client().ensure_token()
    place()


def retry(call_request: int, person: int) -> None:
    """Ask for another call, as a member of staff does."""
    from django.contrib.auth import get_user_model

    from callbacks.lifecycle import retrying
    from callbacks.models import CallRequest

    someone = get_user_model().objects.get(pk=person)
    retrying.retry(CallRequest.objects.get(pk=call_request), someone, checked=True)


def run_housekeeping() -> None:
    """Run a round of housekeeping. It finds no messages that earlier tests left in the queue."""
    from huey.contrib.djhuey import HUEY

    from callbacks.worker.housekeeping import run_round

    with suppress(sqlite3.OperationalError):  # no test has created the queue's tables yet
        HUEY.storage.flush_queue()
    run_round()


def send_emails(port: int) -> None:
    """Send the emails to visitors and to the team that are due, to this port of the loopback."""
    from django.conf import settings
    from django.test import override_settings

    from callbacks.models import MessageKind
    from callbacks.notifications import outbox
    from callbacks.team_mails import sending as team_mails
    from callbacks.worker.outbox_sender import SENDERS

    mailer: dict[str, Any] = settings.MAILERS["default"]
    options = {**mailer["OPTIONS"], "host": "127.0.0.1", "port": port}
    mailers = {"default": {**mailer, "OPTIONS": options}}
    with override_settings(MAIL_IS_SET=True, MAILERS=mailers):
        outbox.send_due(MessageKind.VISITOR_MAIL, SENDERS[MessageKind.VISITOR_MAIL])
        team_mails.send_due()


DO: dict[str, Callable[..., None]] = {
    "accept": take_in,
    "reschedule": reschedule,
    "change_hours": change_hours,
    "place": place,
    "place_with_token": place_with_token,
    "retry": retry,
    "housekeeping": run_housekeeping,
    "send_emails": send_emails,
}


def carry_out(order: dict[str, Any]) -> None:
    """Do what the order says, at its time if it has one."""
    from callbacks.core import clock

    moment = order["at"]
    with clock.set_to(datetime.fromisoformat(moment)) if moment else nullcontext():
        DO[order["do"]](**order["arguments"])


def main() -> None:
    """Fork a child for each line of JSON on the standard input, and print how it ended.

    Forking makes a death cheap: Django is loaded only once.
    """
    django.setup()
    for module in (
        "callbacks.intake.accept",
        "callbacks.intake.rescheduling",
        "callbacks.worker.housekeeping",
        "callbacks.dispatch.place_call",
        "callbacks.worker.outbox_sender",
    ):
        importlib.import_module(module)
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            order = json.loads(line)
            if order["step"]:
                kill_at(order["step"])
            carry_out(order)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
