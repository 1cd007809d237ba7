"""What staff type, and what they do with marked requests, is found nowhere beside their pages."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from huey.contrib.djhuey import HUEY

from callbacks import call_api
from callbacks.abuse import refusals
from callbacks.accounts import audit_log
from callbacks.consent import chain as consent_chain
from callbacks.core import clock
from callbacks.data_protection import rows_about
from callbacks.dispatch import place_next
from callbacks.intake import accept, submission
from callbacks.models import (
    Alert,
    AuditEntry,
    CallRequest,
    Erasure,
    LimitHit,
    MessageKind,
    OutboxMessage,
    Refusal,
    RefusalKind,
    WebhookEvent,
)
from callbacks.notifications import alerts, outbox
from callbacks.webhooks import body, endpoints
from callbacks.worker import housekeeping
from tests.support.call_service.fake_api import FakeApi
from tests.support.factories import make_submission, make_widget
from tests.support.samples.addresses import every_address
from tests.support.samples.marks import ADDRESS, EMAIL, MARKS, NUMBER, marks_in
from tests.support.staff.pages import LIST, action_url, page_of, signed_in
from tests.support.staff.signing_in import browser, send_password

pytestmark = pytest.mark.django_db(transaction=True)

HOOK = "https://hooks.example/calls"
BLOCKS = "admin:callbacks_block"
CSV = f"number,{NUMBER}\naddress,{ADDRESS}\ndomain,{EMAIL}\nnumber,{NUMBER} 99,{EMAIL}\n"


def admin(name: str, *arguments: Any) -> str:
    return reverse(f"admin:{name}", args=arguments)


@pytest.fixture
def chief() -> User:
    return User.objects.create(username="chief", is_staff=True, is_superuser=True, password="!")


@pytest.fixture
def marked() -> CallRequest:
    """A request that failed, with an excerpt, a note and a title that hold what is marked."""
    source = submission.VisitSource(
        "https://shop.example/", f"For {EMAIL}", "https://shop.example/"
    )
    call_request = accept.accept(
        make_submission(email=EMAIL, address=ADDRESS, source=source)
    ).call_request
    place_next(FakeApi(call_api.Refused(http_status=422, excerpt=f"{NUMBER} {EMAIL}")))  # type: ignore[arg-type]
    consent_chain.chain_up()
    call_request.refresh_from_db()
    assert call_request.status == "failed"
    return call_request


type Step = tuple[str, dict[str, Any]]


def steps(call_request: CallRequest) -> Iterator[Step]:
    """Each thing that staff do with a person's data: where it is sent, and what."""
    blocked = {"value": NUMBER, "reason": f"{EMAIL} was rude"}
    for typed in (NUMBER, EMAIL, ADDRESS, f"{NUMBER} {EMAIL}"):
        yield admin("callbacks_callrequest_changelist"), {"q": typed}
        yield admin("callbacks_block_changelist"), {"q": typed}
        yield admin("privacy"), {"who": typed}
        yield admin("privacy"), {"who": typed, "action": "export"}
        yield admin("callbacks_block_add"), blocked | {"kind": "number", "value": typed}
        yield admin("callbacks_block_add"), {"kind": "domain", "value": typed}
        yield admin("callbacks_block_add"), {"kind": "address", "value": typed}
    yield admin("callbacks_block_import"), {"text": CSV}
    upload = SimpleUploadedFile(f"{EMAIL}.csv", CSV.encode())
    yield admin("callbacks_block_import"), {"file": upload, "confirmed": "yes"}
    yield admin("callbacks_callrequest_show", call_request.pk), {}
    yield admin("callbacks_callrequest_note", call_request.pk), {"text": f"{EMAIL} said {NUMBER}"}
    yield admin("callbacks_callrequest_export"), {"format": "csv"}
    yield admin("callbacks_callrequest_export"), {"format": "xlsx"}
    yield admin("consent_check"), {}
    seen = {"seen": f"{call_request.pk}:failed:{call_request.attempts_made}"}
    yield action_url("close"), seen | {"note": f"{NUMBER} {EMAIL}"}
    yield action_url("retry"), seen | {"note": f"{NUMBER} {EMAIL}", "confirmed": "on"}
    yield admin("calling"), {"action": "stop", "note": f"{NUMBER} {EMAIL}", "confirmed": "on"}
    yield admin("privacy"), {"who": NUMBER, "action": "erase", "confirmed": "on"}


def found_outside(said: Callable[[], str], answers: list[Any]) -> list[str]:
    """The marks in logs, addresses, messages to workers, cache keys, and tables that keep them."""
    places = {
        "log": said(),
        "addresses": " ".join(answer.get("Location", "") for answer in answers),
        "headers": " ".join(str(dict(answer.headers)) for answer in answers),
        "queue": repr(HUEY.storage.enqueued_items()),
        "cache": repr(list(cache._cache)),  # type: ignore[attr-defined]
        "audit trail": repr(list(AuditEntry.objects.values())),
        "django's own trail": repr(list(LogEntry.objects.values())),
        "sessions": repr([session.get_decoded() for session in Session.objects.all()]),
        "limits and refusals": repr([*LimitHit.objects.values(), *Refusal.objects.values()]),
        "certificates": repr(list(Erasure.objects.values())),
        "alerts": repr(list(Alert.objects.values())),
    }
    return [f"{mark} in {place}" for place, text in places.items() for mark in marks_in(text)]


@pytest.mark.long
def test_what_staff_do(marked: CallRequest, chief: User, said: Callable[[], str]) -> None:
    client = signed_in(chief)
    client.defaults["REMOTE_ADDR"] = ADDRESS
    answers = []
    for address, data in steps(marked):
        answer = client.post(address, data)
        assert answer.status_code in {200, 302}, address
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        answers.append(answer)
    for address in (page_of(marked), LIST, admin("callbacks_block_changelist"), admin("retention")):
        answers.append(client.get(address))
    housekeeping.run_round()
    assert found_outside(said, answers) == []
    # The steps did what they are for: the last of them erased it.
    marked.refresh_from_db()
    assert marked.number == ""
    assert {
        "privacy.export",
        "privacy.erase",
        "block.import",
        audit_log.UNMASK,
        audit_log.EXPORT,
    } <= set(AuditEntry.objects.values_list("action", flat=True))


# A mistake of ours, or a database that is away.
BROKEN = (500, 503)


@pytest.mark.slow
@pytest.mark.parametrize(
    "error", [OperationalError(f"cannot write {NUMBER}"), ZeroDivisionError(f"{EMAIL}")]
)
def test_what_staff_do_while_everything_fails(
    marked: CallRequest,
    chief: User,
    said: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    client = signed_in(chief, raise_request_exception=False)

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    for name in (
        "abuse.block_list.about",
        "abuse.block_list.add",
        "abuse.block_list.add_many",
        "accounts.audit_log.record",
        "consent.verification.verify",
        "data_protection.rows_about.requests_of",
        "data_protection.subject_access.export",
        "staff.requests.list_page.search.find",
    ):
        monkeypatch.setattr(f"callbacks.{name}", fail)
    statuses = []
    for address, data in steps(marked):
        answer = client.post(address, data)
        statuses.append(answer.status_code)
        if answer.status_code in BROKEN:
            assert marks_in(answer.content.decode()) == []
    assert sum(status in BROKEN for status in statuses) > 20
    # The exception's own text, which some other program wrote, is scrubbed as it is printed.
    printed = said().split("\n")
    lines = [line for line in printed if line.startswith("{")]
    assert len(lines) > 20
    assert marks_in("\n".join(lines)) == []


@pytest.mark.long
def test_signing_in_with_it(chief: User, said: Callable[[], str]) -> None:
    answers = []
    client = browser(REMOTE_ADDR="203.0.113.9")
    for typed in (NUMBER, EMAIL):
        for _time in range(7):
            answers.append(send_password(client, typed, typed))
        answers.append(client.post(admin("admin_password_reset"), {"email": typed}))
    assert {answer.status_code for answer in answers} >= {200, 429}
    assert found_outside(said, answers) == []


def test_alerts_by_mail_and_webhook(
    marked: CallRequest,
    settings: Any,
    mailoutbox: list[Any],
    said: Callable[[], str],
) -> None:
    settings.ALERT_EMAILS = ["staff@example.fr"]
    endpoints.create(HOOK, [WebhookEvent.ALERT], None)
    for error in (
        call_api.CredentialsRefused(http_status=401, excerpt=f"{NUMBER} {EMAIL}"),
        call_api.OutcomeUnknown(code="timeout", excerpt=f"{NUMBER} {EMAIL}"),
    ):
        CallRequest.objects.update(status="queued", due_at=clock.now())
        place_next(FakeApi(error))  # type: ignore[arg-type]
    widget = make_widget()
    refusals.record(widget, RefusalKind.WIDGET, number="+33612345678", address=ADDRESS)
    assert outbox.send_due(MessageKind.ALERT, alerts.send) >= 2
    told = [mail.subject + mail.body for mail in mailoutbox]
    told += [
        body.of(message, with_contact=False).decode()
        for message in OutboxMessage.objects.filter(kind=MessageKind.WEBHOOK)
    ]
    assert len(told) >= 4
    assert marks_in("\n".join(told)) == []
    assert marks_in(said()) == []


@pytest.mark.long
def test_nobody_who_is_not_signed_in_sees_it_anywhere(marked: CallRequest) -> None:
    client = Client()
    for address in every_address():
        answer = client.get(address)
        assert marks_in(answer.content.decode(errors="replace")) == [], address
    client.get(marked.get_absolute_url())  # by whoever sent the form
    page = client.get(marked.get_absolute_url()).content.decode()
    assert marks_in(page) == []


@pytest.mark.parametrize(
    "command",
    [["check_consent"], ["rotate_encryption"], ["hold_unfinished"], ["check"]],
)
def test_commands(
    marked: CallRequest,
    said: Callable[[], str],
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    call_command(*command)
    printed = capsys.readouterr()
    assert marks_in(printed.out + printed.err + said()) == []


def test_what_is_marked_is_found_where_it_is(
    marked: CallRequest, chief: User, said: Callable[[], str]
) -> None:
    """Or none of these tests could fail."""
    client = signed_in(chief)
    shown = client.post(admin("privacy"), {"who": NUMBER, "action": "export"}).content.decode()
    assert {"612345678", "marked.person", "marked-domain", ADDRESS} <= set(marks_in(shown))
    logging.getLogger("callbacks").info("calling %s", EMAIL)
    assert "marked.person in log" in found_outside(said, [])
    assert rows_about.requests_of(number="+33612345678").count() == 1
    assert len(MARKS) == 5
