"""Place one call to a number that the operator chooses, in the same way as for a visitor.

The command itself sends nothing. It creates a request, as the form does, and waits until a worker
has placed its call. So everything that keeps a phone from ringing twice, or a call from being lost,
holds for it too: the number rules, the limits, the stop switch, the circuit breaker, pacing, the
claim and the record.

Without a widget, the request belongs to an inactive one made for test calls. The operator stands
for the visitor: a call that is not placed in time is cancelled as if by the visitor.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction

from callbacks.call_api import connected_service
from callbacks.contact import number_display
from callbacks.dispatch import call_switch
from callbacks.intake import accept, submission
from callbacks.intake import errors as intake_errors
from callbacks.intake.request_form import cleaned_number
from callbacks.lifecycle import actions
from callbacks.models import Attempt, CallRequest, Outcome, Status, Widget
from callbacks.models.call_request import TEST_CALL
from callbacks.operations import operator
from callbacks.scheduling import pauses
from callbacks.widgets.answers import Answers

WIDGET_NAME = "Test calls"
POLL_SECONDS = 0.2


class Command(BaseCommand):
    help = "Place one test call. A call worker must be running (make serve)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", metavar="NUMBER", help="the number to call")
        parser.add_argument("--email", default="", help="passed to the call bot")
        parser.add_argument("--originate", metavar="CODENAME", help="the scenario to run")
        parser.add_argument("--widget", metavar="ID", help="use this widget's scenario")
        parser.add_argument(
            "--wait", type=int, default=60, metavar="SECONDS", help="how long (default: 60)"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    @no_translations
    def handle(self, *, number: str, email: str, yes: bool, wait: int, **options: Any) -> None:
        widget = _widget(options["widget"], options["originate"])
        with _refusal_is_told():
            shown = number_display.displayed(cleaned_number(number, widget))
        if pauses.is_stopped(call_switch.current()):
            raise CommandError(" ".join([*operator.calling(), "Run manage.py resume_calls first."]))
        self.stdout.write(connected_service.connected().sentence)
        if not yes and not _agreed(f"This calls {shown} now. Continue? [y/N] "):
            raise CommandError("No call was placed.")
        call_request = _ask(widget, number, email)
        self.stdout.write(f"Request {call_request.public_id} is waiting for a call worker …")
        try:
            self._wait(call_request, monotonic() + wait)
        except KeyboardInterrupt:
            self.stdout.write("")
        self._tell(call_request)

    def _wait(self, call_request: CallRequest, end: float) -> None:
        """Print each attempt's result until the request is finished or the time is over."""
        told = 0
        while not call_request.is_over and monotonic() < end:
            sleep(POLL_SECONDS)
            call_request.refresh_from_db()
            for attempt in call_request.attempts.filter(number__gt=told).exclude(
                outcome=Outcome.PENDING
            ):
                told = attempt.number
                self.stdout.write(_came_back(attempt))

    def _tell(self, call_request: CallRequest) -> None:
        """Print what became of the request, or raise `CommandError` with it.

        The exit status is 2 if the phone may have rung without a clear answer.
        """
        if call_request.status == Status.QUEUED and not actions.cancel_by_visitor(call_request):
            call_request.refresh_from_db()
        match call_request.status:
            case Status.CALLED:
                self.stdout.write("The call service accepted the call: the phone is ringing.")
            case Status.CANCELLED:
                untouched = (
                    ""
                    if call_request.attempts_made
                    else " Is a call worker running (manage.py run_huey)?"
                )
                raise CommandError(
                    f"Not placed in time, so it was cancelled: nobody was called.{untouched}"
                )
            case Status.FAILED:
                raise CommandError("Nobody was called.")
            case Status.CALLING:
                raise CommandError(
                    f"The call is in progress: the phone may ring. Request "
                    f"{call_request.public_id} in the admin will show the result.",
                    returncode=2,
                )
            case _:
                raise CommandError(
                    "The call was sent, but no clear answer came back: the phone may have rung, or "
                    "may still ring. Check before you try again. Then mark request "
                    f"{call_request.public_id} as called in the admin, or close it.",
                    returncode=2,
                )


def _widget(public_id: str | None, originate: str | None) -> Widget:
    """Return the widget for the call: the one with `public_id`, or the inactive one for tests."""
    if public_id:
        widget = Widget.objects.filter(public_id=public_id).first()
        if widget is None:
            raise CommandError("There is no widget with this public ID.")
        if originate not in (None, widget.originate):
            raise CommandError(
                f"The scenario of this widget is {widget.originate}: leave out --originate."
            )
        return widget
    if not originate:
        raise CommandError("Give a scenario (--originate CODENAME) or a widget (--widget ID).")
    known = Widget.objects.filter(name=WIDGET_NAME, is_active=False, originate=originate)
    return known.first() or Widget(name=WIDGET_NAME, is_active=False, originate=originate)


@contextmanager
def _refusal_is_told() -> Iterator[None]:
    """Turn a refusal inside the block into `CommandError`, with its sentences."""
    try:
        yield
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    except intake_errors.Invalid as invalid:
        raise CommandError(" ".join(str(error) for error in invalid.errors.values())) from None
    except (intake_errors.TooMany, intake_errors.Rejected) as refused:
        raise CommandError(str(refused.sentence)) from None


def _agreed(question: str) -> bool:
    """Ask the operator and return whether the answer is yes."""
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _ask(widget: Widget, number: str, email: str) -> CallRequest:
    """Create the request, as the form would, and return it. Raise `CommandError` if refused."""
    sent = submission.Submission(
        widget=widget,
        nonce=TEST_CALL + secrets.token_urlsafe(24),
        number=number,
        email=email,
        language=widget.language or settings.LANGUAGE_CODE,
        kept_answers=Answers(),  # an operator's test does not fill in the widget's own fields
        consent=True,
        consent_text=f"Test call, asked for with manage.py place_test_call by {operator.name()}.",
    )
    with _refusal_is_told(), transaction.atomic():
        if widget._state.adding:
            widget.full_clean()
            widget.save()
        return accept.accept(sent).call_request


def _came_back(attempt: Attempt) -> str:
    """Return a line about an attempt that has ended."""
    status = f", HTTP {attempt.http_status}" if attempt.http_status else ""
    took = f", {attempt.duration_ms} ms" if attempt.duration_ms is not None else ""
    words = f": {attempt.excerpt}" if attempt.excerpt else ""
    return (
        f"Attempt {attempt.number}: {Outcome(attempt.outcome).label} "
        f"({attempt.code}{status}{took}){words}"
    )
