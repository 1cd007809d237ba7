"""Nothing that is sent to the admin, by whoever is signed in, makes it break."""

from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from callbacks.models import CallRequest, Status
from tests.support.factories import make_request
from tests.support.staff.pages import LIST

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

NASTY = [
    "",
    "abc",
    "-1",
    "0",
    "9" * 40,
    "\0",
    "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
    "%",
    "'\"><script>",
    "number:",
    "number:1,2,3",
    "email:" + ",".join(["1"] * 50),
    "é" * 5000,
    "12/31/99999",
    "9999-12-31",
    "0001-01-01",
]
PARAMETERS = [
    "q",
    "p",
    "o",
    "e",
    "all",
    "todo",
    "status__exact",
    "reason__exact",
    "widget__id__exact",
    "created_at_from",
    "created_at_to",
    "_facets",
    "_popup",
    "_to_field",
    "number__contains",
    "widget__name__regex",
    "status",
]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_no_parameter_of_the_list_breaks_it(staff: Client, parameter: str) -> None:
    make_request()
    for value in NASTY:
        answer = staff.get(LIST, {parameter: value}, follow=True)
        assert answer.status_code in {200, 400}, (parameter, value[:20])


def test_what_is_no_filter_cannot_be_looked_up(
    staff: Client, caplog: pytest.LogCaptureFixture
) -> None:
    for parameter in ("number__contains", "email__icontains", "widget__name", "consent_text"):
        assert staff.get(LIST, {parameter: "a"}).status_code == 400
    outcomes = reverse("admin:callbacks_calloutcome_changelist")
    assert staff.get(outcomes, {"days": "1"}).status_code == 400
    assert not caplog.records


@pytest.mark.parametrize("value", NASTY)
def test_no_selection_breaks_the_list(staff: Client, value: str) -> None:
    call_request = make_request(status=Status.FAILED)
    selection: dict[str, Any] = {
        "action": "retry",
        "index": "0",
        "_selected_action": [call_request.pk, value],
    }
    assert staff.post(LIST, selection).status_code in {200, 302}
    assert staff.post(LIST, selection | {"index": value, "action": value}).status_code in {200, 302}
    assert CallRequest.objects.get().status == Status.FAILED


@pytest.mark.parametrize("value", NASTY)
def test_no_form_of_ours_breaks(staff: Client, value: str) -> None:
    call_request = make_request(status=Status.FAILED)
    act = reverse("admin:callbacks_callrequest_act", args=["close"])
    search = reverse("admin:callbacks_callrequest_changelist")
    note = reverse("admin:callbacks_callrequest_note", args=[call_request.pk])
    seen = f"{call_request.pk}:failed:0"
    for address, data in (
        (act, {"seen": value}),
        (act, {"seen": seen, "back": value, "note": "x" * 501}),
        (act, {"seen": [seen] * 3, "back": value, "note": value[:500]}),
        (search, {"q": value, value[:50]: value}),
        (note, {"text": value}),
        (reverse("admin:calling"), {"action": "stop", "note": value, "confirmed": value}),
        (reverse("admin:language"), {"language": value, "next": value}),
    ):
        answer = staff.post(address, data, follow=True)
        assert answer.status_code in {200, 400, 404}, address


def test_one_is_never_sent_to_another_site(staff: Client) -> None:
    call_request = make_request(status=Status.FAILED)
    act = reverse("admin:callbacks_callrequest_act", args=["close"])
    for back in ("https://evil.example/", "//evil.example", "detail?x=//evil.example"):
        answer = staff.post(act, {"seen": f"{call_request.pk}:failed:0", "back": back})
        assert answer["Location"].startswith("/admin/")
    answer = staff.post(
        reverse("admin:language"), {"language": "fr", "next": "https://evil.example/"}
    )
    assert "evil" not in answer["Location"]


def test_unfolds_search_which_puts_what_is_typed_into_addresses_is_gone(staff: Client) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("admin:search")
    assert staff.get("/admin/search/", {"s": "06 12 34 56 78"}).status_code == 404
