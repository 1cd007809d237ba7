"""Chips and tabs say how the list is filtered; its filters are kept on the way through it."""

from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from callbacks.abuse import block_list
from callbacks.core import clock
from callbacks.models import BlockKind, CallRequest, Reason, Status
from callbacks.staff.requests import retry_all
from callbacks.staff.requests.list_page import neighbours
from tests.support.factories import make_request, make_widget
from tests.support.staff.pages import LIST, action_url, fields_of, page_of, select, signed_in

pytestmark = pytest.mark.django_db

FAILED = "status__exact=failed"
CARRIED = urlencode({"_changelist_filters": FAILED})


def chips_of(client: Client, address: str) -> dict[str, str]:
    """The active filters as the page shows them, each with the list without it."""
    answer = client.get(address)
    shown = unescape(answer.content.decode())
    found = {f"{chip.title}: {chip.value}": chip.without for chip in answer.context["cl"].chips()}
    for name, without in found.items():
        assert name.split(": ", 1)[1] in shown
        assert f'href="{without}"' in shown
    return found


def test_each_filter_is_a_chip_that_takes_it_off(staff: Client) -> None:
    widget = make_widget(name="Boutique Lyon")
    make_widget()
    query = {
        "todo": "failed",
        "widget__id__exact": str(widget.pk),
        "reason__exact": "refused",
        "created_at_from": "2026-03-01",
        "created_at_to": "2026-03-01",
    }
    chips = chips_of(staff, f"{LIST}?{urlencode(query)}")
    assert list(chips) == [
        "what to do: Failed in the last 24 hours",
        "widget: Boutique Lyon",
        "reason: Refused by the call service",
        "requested: 1 March 2026",
    ]
    without = chips["widget: Boutique Lyon"]
    assert "widget" not in without
    assert "todo=failed" in without
    assert "created_at" not in chips["requested: 1 March 2026"]
    # Whether each leads to a list without it: taken off one by one, none is left.
    left = f"{LIST}?{urlencode(query)}"
    for number in range(4, 0, -1):
        found = chips_of(staff, left)
        assert len(found) == number
        left = LIST + next(iter(found.values()))
    assert chips_of(staff, left) == {}


def test_a_search_is_a_chip_too_and_shows_no_number(staff: Client) -> None:
    call_request = make_request(number="+33612345678")
    html = staff.get(LIST, {"q": f"number:{call_request.pk}", "status__exact": "queued"}).text
    assert '<span class="staff-chip-title">Search</span> +33 6 •• •• •• 78' in html
    assert f'href="?{"status__exact=queued"}"' in html


def test_an_unfiltered_list_has_no_chips(staff: Client) -> None:
    assert "staff-chip" not in staff.get(LIST).text
    # What is no filter is not shown as one.
    assert chips_of(staff, f"{LIST}?todo=nonsense&slot=9-99") == {}


def test_other_lists_have_chips(staff: Client) -> None:
    block_list.add(BlockKind.NUMBER, "+33612345678")
    address = reverse("admin:callbacks_block_changelist") + "?kind__exact=number"
    assert list(chips_of(staff, address)) == ["kind: Number"]


def tabs_of(client: Client, query: str = "") -> list[tuple[str, str, bool]]:
    tabs = client.get(f"{LIST}?{query}").context["tabs"]
    return [(tab.title, tab.count, tab.is_current) for tab in tabs]


def test_tabs_count_and_say_which_is_open(staff: Client) -> None:
    for status in Status:
        make_request(status=status)
    make_request(status=Status.FAILED, status_at=clock.now() - timedelta(days=2))
    tabs = staff.get(LIST).context["tabs"]
    titles = [(tab.title, tab.count, tab.is_current) for tab in tabs]
    assert titles == [
        ("All", "", True),
        ("To do", "2", False),
        ("Waiting", "2", False),
        ("Called", "", False),
    ]
    for tab, count in zip(tabs, (7, 2, 2, 1), strict=True):
        opened = staff.get(LIST + tab.address)
        assert opened.context["cl"].result_count == count
        assert [one.title for one in opened.context["tabs"] if one.is_current] == [tab.title]
    assert [one for one in tabs_of(staff, FAILED) if one[2]] == []


def test_a_tab_keeps_other_filters_and_drops_what_contradicts_it(staff: Client) -> None:
    make_request(status=Status.UNCERTAIN)
    query = "created_at_from=2026-03-01&status__exact=failed&reason__exact=refused&p=2"
    tabs = staff.get(f"{LIST}?{query.replace('&p=2', '')}").context["tabs"]
    assert tabs[1].address == "?todo=person&created_at_from=2026-03-01"
    # A number would be of all requests, not of these.
    assert {tab.count for tab in tabs} == {""}


def three_failed() -> list[CallRequest]:
    now = clock.now()
    return [
        make_request(status=Status.FAILED, created_at=now - timedelta(minutes=minutes))
        for minutes in (1, 2, 3)
    ]


def test_a_request_says_where_it_stands_in_the_list(staff: Client) -> None:
    newest, middle, oldest = three_failed()
    make_request()
    assert f"{page_of(middle)}?{CARRIED}" in staff.get(f"{LIST}?{FAILED}").text
    place = staff.get(f"{page_of(middle)}?{CARRIED}").context["neighbours"]
    assert (place.position, place.total) == (2, 3)
    assert place.previous == f"{page_of(newest)}?{CARRIED}"
    assert place.following == f"{page_of(oldest)}?{CARRIED}"
    assert place.back == f"{LIST}?{FAILED}"
    by_age = urlencode({"_changelist_filters": f"{FAILED}&o=1&p=1"})
    place = staff.get(f"{page_of(oldest)}?{by_age}").context["neighbours"]
    assert (place.position, place.previous) == (1, "")
    assert page_of(middle) in place.following
    assert staff.get(page_of(middle)).context["neighbours"] is None


def test_after_an_action_the_filter_stays_and_the_next_is_a_click_away(staff: Client) -> None:
    newest, middle, oldest = three_failed()
    shown = staff.get(f"{page_of(middle)}?{CARRIED}").text
    button = f"{action_url('close')}?request={middle.pk}&{CARRIED}"
    assert button in unescape(shown)
    question = staff.get(button)
    assert f'href="{LIST}?{FAILED}"' in question.text  # the breadcrumb
    answer = staff.post(action_url("close"), fields_of(question.text, action_url("close")))
    assert answer["Location"] == f"{page_of(middle)}?{CARRIED}"
    done = staff.get(answer["Location"])
    place = done.context["neighbours"]
    assert (place.position, place.total) == (0, 2)
    assert page_of(oldest) in place.following
    assert page_of(newest) in place.previous
    assert f'href="{LIST}?{FAILED}"' in done.text
    assert "No longer in the list; 2 left" in " ".join(done.text.split())


def test_a_note_and_a_look_at_the_number_keep_the_filter(staff: Client) -> None:
    call_request = three_failed()[1]
    shown = staff.get(f"{page_of(call_request)}?{CARRIED}").text
    for name, more in (("note", {"text": "said hello"}), ("show", {})):
        address = reverse(f"admin:callbacks_callrequest_{name}", args=[call_request.pk])
        answer = staff.post(address, fields_of(shown, address) | more)
        assert answer["Location"] == f"{page_of(call_request)}?{CARRIED}"


def test_an_action_on_selected_rows_leads_back_to_the_filtered_list(staff: Client) -> None:
    call_request = three_failed()[0]
    data = {"action": "close", "index": "0", "_selected_action": [call_request.pk]}
    question = staff.post(f"{LIST}?{FAILED}&widget__id__exact={call_request.widget_id}", data).text
    answer = staff.post(action_url("close"), fields_of(question, action_url("close")))
    assert answer["Location"] == f"{LIST}?{FAILED}&widget__id__exact={call_request.widget_id}"
    assert select(staff, "annotate", call_request)


@pytest.mark.parametrize(
    "carried",
    ["https://evil.example/", "//evil.example", "q=0612345678", "x=1&y=2", "p=99", "x" * 9999],
)
def test_what_is_carried_is_nothing_but_filters(staff: Client, carried: str) -> None:
    call_request = three_failed()[0]
    shown = staff.get(page_of(call_request), {"_changelist_filters": carried})
    assert shown.status_code == 200
    seen = {"seen": f"{call_request.pk}:failed:0", "_changelist_filters": carried}
    answer = staff.post(action_url("close"), seen)
    assert answer["Location"].startswith(LIST)
    assert "evil" not in answer["Location"]


def test_a_list_too_long_to_work_through_shows_no_place(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "MOST_READ", 2)
    call_request = three_failed()[0]
    assert staff.get(f"{page_of(call_request)}?{CARRIED}").context["neighbours"] is None


# -- retry all ---------------------------------------------------------------------------------
def retry_all_button(client: Client, query: str) -> str:
    offered = client.get(f"{LIST}?{query}").context.get("retry_all")
    return f"{offered.label} {offered.address}" if offered else ""


def test_all_that_failed_is_retried_and_nothing_else(staff: Client) -> None:
    failed = three_failed()
    others = [make_request(status=status) for status in Status if status != Status.FAILED]
    long_ago = clock.now() - timedelta(days=2)
    old = make_request(status=Status.FAILED, status_at=long_ago, created_at=long_ago)
    card = next(c for c in staff.get(reverse("admin:index")).context["to_do"] if c.button)
    assert card.button.label == "Retry all 3"
    assert retry_all_button(staff, "todo=person") == f"Retry all 3 {_retry_all('todo=person')}"
    question = staff.get(card.button.address).text
    fields = fields_of(question, action_url("retry"))
    assert fields["seen"] == [f"{one.pk}:failed:0" for one in reversed(failed)]
    assert "asked more than a day ago" not in question
    # One is dealt with meanwhile by a colleague: it is left as it is.
    CallRequest.objects.filter(pk=failed[0].pk).update(status=Status.CANCELLED)
    answer = staff.post(action_url("retry"), fields)
    assert "/retried/" in answer["Location"]
    queued = set(CallRequest.objects.filter(status=Status.QUEUED))
    assert queued == {*failed[1:], *(one for one in others if one.status == Status.QUEUED)}
    for one in (*others, old):
        before = one.status
        one.refresh_from_db()
        assert one.status == before


def _retry_all(query: str) -> str:
    return f"{reverse('admin:callbacks_callrequest_retry_all')}?{query}"


def test_retry_all_is_offered_where_the_list_shows_failures(staff: Client, onlooker: User) -> None:
    assert retry_all_button(staff, "todo=failed") == ""  # nothing to retry
    call_request = make_request(status=Status.FAILED, reason=Reason.REFUSED)
    other = f"widget__id__exact={call_request.widget_id}"
    for query in ("todo=failed", "todo=person", FAILED, f"{FAILED}&{other}"):
        assert retry_all_button(staff, query).startswith("Retry 1 ")
    for query in ("", "status__exact=called", "todo=waiting", other):
        assert retry_all_button(staff, query) == ""
        assert staff.get(_retry_all(query)).status_code == 302
    assert retry_all_button(signed_in(onlooker), "todo=failed") == ""


def test_more_than_can_be_retried_at_once_is_said(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_all, "MOST", 2)
    _newest, middle, oldest = three_failed()
    assert retry_all_button(staff, "todo=failed").startswith("Retry the oldest 2 ")
    question = staff.get(_retry_all("todo=failed")).text
    seen = fields_of(question, action_url("retry"))["seen"]
    assert seen == [f"{oldest.pk}:failed:0", f"{middle.pk}:failed:0"]
    assert "These are the 2 oldest" in " ".join(question.split())


def test_who_asked_long_ago_is_pointed_out(staff: Client) -> None:
    make_request(status=Status.FAILED, created_at=clock.now() - timedelta(days=3))
    question = " ".join(staff.get(_retry_all(FAILED)).text.split())
    assert "1 person asked more than a day ago." in question


def test_the_page_of_a_retry_leads_to_what_is_uncertain(staff: Client) -> None:
    three_failed()
    uncertain = make_request(status=Status.UNCERTAIN, reason=Reason.NO_ANSWER)
    make_request(status=Status.UNCERTAIN, erased_at=clock.now())
    question = staff.get(_retry_all("todo=failed")).text
    watched = staff.post(
        action_url("retry"), fields_of(question, action_url("retry")), follow=True
    ).text
    assert "1 uncertain request waits for a decision" in " ".join(watched.split())
    of_uncertain = urlencode({"_changelist_filters": "status__exact=uncertain"})
    assert f'href="{page_of(uncertain)}?{of_uncertain}"' in watched
    assert f'href="{LIST}?todo=failed"' in watched
