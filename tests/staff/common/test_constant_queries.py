"""Each page of the admin asks as many questions of the database for one row as for a page full."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callbacks.abuse import block_list
from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.models import BlockKind, CallRequest, OutboxMessage, Reason, Status
from callbacks.notifications import outbox
from callbacks.staff.overview.first_steps import NEW_UNTIL_REQUESTS
from callbacks.staff.requests.export import rows as export_rows
from callbacks.stats import counting
from callbacks.team_mails import recipients
from callbacks.team_mails.recipients import Notice
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import LIST, page_of
from tests.support.staff.signing_in import with_phone

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

NUMBER = "+33612345678"
BLOCKS = reverse("admin:callbacks_block_changelist")


def search(client: Client, typed: str) -> Any:
    return client.post(reverse("admin:callbacks_callrequest_changelist"), {"q": typed}, follow=True)


def select_all(client: Client) -> Any:
    keys = list(CallRequest.objects.values_list("pk", flat=True))
    return client.post(LIST, {"action": "retry", "index": "0", "_selected_action": keys})


def export_as(client: Client, file_format: str) -> Any:
    address = reverse("admin:callbacks_callrequest_export")
    answer = client.post(address, {"format": file_format})
    assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return answer


def get(name: str, query: str = "") -> Callable[[Client], Any]:
    return lambda client: client.get(reverse(f"admin:{name}") + query)


PAGES: dict[str, Callable[[Client], Any]] = {
    "dashboard": get("index"),
    "list": get("callbacks_callrequest_changelist"),
    "list, filtered": get("callbacks_callrequest_changelist", "?todo=person&reason__exact=refused"),
    "detail": lambda client: client.get(page_of(CallRequest.objects.earliest("pk"))),
    "detail from a filtered list": lambda client: client.get(
        page_of(CallRequest.objects.earliest("pk")), {"_changelist_filters": "status__exact=failed"}
    ),
    "retry all": get("callbacks_callrequest_retry_all", "?todo=failed"),
    "confirmation": select_all,
    "search by number": lambda client: search(client, "06 12 34 56 78"),
    "search by email": lambda client: search(client, "Jean@example.fr"),
    "search by last digits": lambda client: search(client, "78"),
    "search without a hit": lambda client: search(client, "06 99 99 99 99"),
    "export as CSV": lambda client: export_as(client, "csv"),
    "export as XLSX": lambda client: export_as(client, "xlsx"),
    "block list": get("callbacks_block_changelist"),
    "search in the block list": lambda client: client.post(
        reverse("admin:callbacks_block_changelist"), {"q": NUMBER}, follow=True
    ),
    "audit trail": get("callbacks_auditentry_changelist"),
    "widgets": get("callbacks_widget_changelist"),
    "accounts": get("auth_user_changelist"),
    "outbox": get("callbacks_outboxmessage_changelist"),
    "help": get("help"),
}


def make_rows(count: int, chief: User) -> None:
    now = clock.now()
    for index in range(count):
        call_request = make_request(
            widget=make_widget(),
            number=NUMBER,
            email="jean@example.fr",
            status=Status.FAILED,
            reason=Reason.REFUSED,
            created_at=now - timedelta(hours=index % 40, minutes=1),
            attempts_made=1,
        )
        message = OutboxMessage(kind="alert", channel="email", call_request=call_request)
        recipient = recipients.add(
            call_request.widget, "me@shop.example.fr", list(Notice), language="fr"
        )
        to_the_team = OutboxMessage(
            kind="team_mail",
            channel="email",
            event="team.new",
            call_request=call_request,
            team_recipient=recipient,
        )
        outbox.add([message, to_the_team])
        block_list.add(BlockKind.PREFIX, f"+33{600 + index % 90}{index // 90}", author=chief)
        block_list.add(BlockKind.PREFIX, NUMBER[: 6 + index % 6], author=chief)
        audit_log.record(chief, audit_log.RETRY, index)  # type: ignore[arg-type]
        with_phone(User.objects.create(username=f"account {User.objects.count()}"))
    counting.rebuild(now - timedelta(days=3))


@pytest.mark.parametrize("name", PAGES)
def test_more_rows_need_no_more_queries(name: str, staff: Client, chief: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert PAGES[name](staff).status_code == 200
        return len(captured)

    make_rows(NEW_UNTIL_REQUESTS, chief)  # a new site shows its first steps, too
    queries()  # what is read once for all stays in memory
    few = queries()
    make_rows(40, chief)
    assert queries() == few


def test_an_export_asks_once_for_each_page_of_rows(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_rows, "PAGE", 10)
    counts = []
    for _ in range(3):
        for _ in range(20):
            make_request()
        with CaptureQueriesContext(connection) as captured:
            export_as(staff, "csv")
        counts.append(len(captured))
    # Each page: its requests, their attempts, outcomes, notes and proofs by a system, and notes
    # written with an action.
    assert counts[1] - counts[0] == counts[2] - counts[1] == 2 * 6
