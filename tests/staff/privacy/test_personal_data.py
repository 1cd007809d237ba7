"""One person's data: looked up by POST alone, handed out, erased with a certificate."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.data_protection import erasure
from callbacks.data_protection import retention as retention_rules
from callbacks.models import (
    AuditEntry,
    BlockKind,
    CallRequest,
    Erasure,
    ErasureCause,
    Status,
)
from tests.support.factories import make_request, make_widget
from tests.support.samples.hostile import HOSTILE
from tests.support.staff.pages import make_staff, messages_on, signed_in
from tests.support.staff.rights import granted

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:privacy")
RETENTION = reverse("admin:retention")
ERASURES = reverse("admin:callbacks_erasure_changelist")
NUMBER, EMAIL = "+33612345678", "jo@example.fr"


def test_what_is_typed_says_what_would_be_concerned(staff: Client) -> None:
    make_request(number=NUMBER, status=Status.CALLED)
    make_request(number=NUMBER, email=EMAIL, status=Status.CALLED)
    block_list.add(BlockKind.NUMBER, NUMBER)
    for typed, count in (("06 12 34 56 78", 2), ("JO@example.fr", 1), ("06 99 99 99 99", 0)):
        found = staff.post(PAGE, {"who": typed}).context["found"]
        assert found.requests == count, typed
    assert staff.post(PAGE, {"who": NUMBER}).context["found"].is_blocked
    assert staff.post(PAGE, {"who": "nobody"}).context["form"].errors["who"]
    # In an address it does nothing.
    assert staff.get(PAGE, {"who": NUMBER}).context["found"] is None


def test_who_may_export_but_sees_no_numbers_gets_no_copy() -> None:
    make_request(number=NUMBER, email=EMAIL)
    exporter = make_staff("exporter", "view_callrequest", "export_callrequest", "erase_callrequest")
    client = signed_in(exporter)
    assert client.post(PAGE, {"who": NUMBER, "action": "export"}).status_code == 403
    assert 'value="export"' not in client.post(PAGE, {"who": NUMBER}).content.decode()
    client = signed_in(granted(exporter, "unmask_callrequest"))
    assert client.post(PAGE, {"who": NUMBER, "action": "export"}).status_code == 200


def test_the_copy_is_a_file_and_on_record(staff: Client, chief: User) -> None:
    make_request(number=NUMBER, email=EMAIL)
    make_request()
    answer = staff.post(PAGE, {"who": NUMBER, "action": "export"})
    assert [row["email"] for row in json.loads(answer.content)["requests"]] == [EMAIL]
    assert answer["Content-Disposition"] == 'attachment; filename="personal-data.json"'
    assert "no-store" in answer["Cache-Control"]
    entry = AuditEntry.objects.get(action="privacy.export")
    assert (entry.person, entry.facts) == (chief, {"requests": 1})


def test_erasing_needs_the_tick_and_gives_a_certificate(staff: Client, chief: User) -> None:
    call_request = make_request(number=NUMBER, status=Status.CALLED)
    answer = staff.post(PAGE, {"who": NUMBER, "action": "erase"})
    assert answer.context["erase_form"].errors
    assert CallRequest.objects.get().number == NUMBER
    answer = staff.post(PAGE, {"who": NUMBER, "action": "erase", "confirmed": "on"}, follow=True)
    call_request.refresh_from_db()
    assert call_request.number == ""
    row = Erasure.objects.get()
    assert answer.redirect_chain == [(reverse("admin:certificate", args=[row.certificate]), 302)]
    html = answer.content.decode()
    assert row.certificate in html
    assert "1 request" in html
    assert "chief" in html
    assert "612345678" not in html.replace(" ", "")
    assert row.certificate in staff.get(ERASURES).content.decode()


def test_nothing_is_erased_while_a_call_is_being_placed(staff: Client) -> None:
    make_request(number=NUMBER, status=Status.CALLING)
    answer = staff.post(PAGE, {"who": NUMBER, "action": "erase", "confirmed": "on"}, follow=True)
    assert "a call is in progress" in messages_on(answer.content.decode())[0]
    assert CallRequest.objects.get().number == NUMBER
    assert not Erasure.objects.exists()


@pytest.mark.parametrize(
    ("permissions", "export", "erase"),
    [
        ([], 403, 403),
        (["export_callrequest", "unmask_callrequest"], 200, 403),
        (["erase_callrequest"], 403, 302),
    ],
)
def test_who_may_what(permissions: list[str], export: int, erase: int) -> None:
    make_request(number=NUMBER, status=Status.CALLED)
    staff = make_staff("staff", "view_callrequest")
    client = signed_in(granted(staff, *permissions))
    ask = {"who": NUMBER, "confirmed": "on"}
    assert client.post(PAGE, ask | {"action": "export"}).status_code == export
    assert client.post(PAGE, ask | {"action": "erase"}).status_code == erase
    seen = 200 if permissions else 403
    for address in (PAGE, RETENTION, ERASURES):
        assert client.get(address).status_code == seen, address


def test_a_certificate_is_for_who_may_see_erasures(agent: User) -> None:
    row = erasure.erase(None, number=NUMBER)
    address = reverse("admin:certificate", args=[row.certificate])
    assert signed_in(agent).get(address).status_code == 403
    assert signed_in(make_staff("eye", "view_erasure")).get(address).status_code == 200


def test_erasures_cannot_be_written_by_hand(staff: Client) -> None:
    row = erasure.erase(None, number=NUMBER)
    for name, arguments in (("add", []), ("change", [row.pk]), ("delete", [row.pk])):
        staff.post(reverse(f"admin:callbacks_erasure_{name}", args=arguments), {"post": "yes"})
    assert list(Erasure.objects.all()) == [row]


def test_retention_before_and_after(staff: Client) -> None:
    now = clock.now()
    widget = make_widget(name="Shop", retention_months=1)
    make_request(widget=widget, status=Status.CALLED, created_at=now - timedelta(days=60))
    make_request(widget=widget, status=Status.CALLED, created_at=now)
    [(shown, counts)] = staff.get(RETENTION).context["due"]
    assert (shown, counts["requests"]) == (widget, 1)
    retention_rules.purge(now)
    answer = staff.get(RETENTION)
    assert answer.context["due"][0][1]["requests"] == 0
    [(row, what)] = answer.context["purged"]
    assert row.cause == ErasureCause.RETENTION
    assert what == ["1 request"]


@pytest.mark.thorough
@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_hostile_breaks_it(staff: Client, value: str) -> None:
    kept = make_request(status=Status.CALLED)
    tries: list[dict[str, Any]] = [
        {"who": value},
        {"who": value, "action": "export"},
        {"who": value, "action": "erase", "confirmed": "on"},
        {"who": f"{value}@example.fr", "action": "export"},
        {"who": kept.number, "action": value, "confirmed": value},
    ]
    for data in tries:
        assert staff.post(PAGE, data, follow=True).status_code in {200, 400}
    for parameter in ("q", "cause__exact", "at_from", "p", "o", "person__password"):
        answer = staff.get(ERASURES, {parameter: value}, follow=True)
        assert answer.status_code in {200, 400}, parameter
    kept.refresh_from_db()
    assert kept.number
