"""Systems and pages name the topic of a request; the widget of the topic takes it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from callbacks.api import problems
from callbacks.core import clock
from callbacks.models import CallRequest, Refusal, RefusalKind, Scope, Topic, Widget
from callbacks.widgets import cache as widget_cache
from tests.support.api import API, JsonClient, caller, check_problem
from tests.support.extra_fields import ORDER
from tests.support.factories import make_request, make_widget
from tests.support.topics import offering, request_about, target_of

pytestmark = pytest.mark.django_db
SITE = "https://www.shop.example"


def body(widget: Widget, **more: Any) -> dict[str, Any]:
    consent = {"text": "Call me.", "given_at": (clock.now() - timedelta(days=3)).isoformat()}
    known = {"widget": widget.public_id, "number": "06 12 34 56 78", "email": "jo@example.fr"}
    return known | {"consent": consent} | more


def send(client: JsonClient, sent: object) -> Any:
    return client.post(f"{API}/requests", sent, headers={"Idempotency-Key": "order-1"})


def page() -> JsonClient:
    """Return a browser that shows a page of the site."""
    headers = {"origin": SITE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    return JsonClient(headers=headers)


def address(widget: Widget, last: str) -> str:
    return f"{API}/widgets/{widget.public_id}/{last}"


def wrong(answer: Any) -> list[tuple[str, str]]:
    document = check_problem(answer, problems.INVALID)
    return [(error["field"], error["detail"]) for error in document["errors"]]


def test_a_system_names_the_topic() -> None:
    widget = offering(make_widget(extra_fields=[ORDER]), make_widget())
    key = caller(Scope.WRITE, Scope.READ)
    sent = body(widget, topic="sales", fields={"order": "A-1"})
    answer = send(key, sent)
    assert answer.status_code == 201
    request = CallRequest.objects.get()
    assert request.widget == target_of(widget, "sales")
    read = key.get(f"{API}/requests/{request.public_id}").json()
    assert read["widget"] == target_of(widget, "sales").public_id
    assert (read["topic"], read["topic_label"]) == ("sales", "Sales (fr)")
    assert read["offered_by"] == widget.public_id
    # Sent again after the topic is gone, it is the same request.
    Topic.objects.all().delete()
    again = send(key, sent)
    assert again.json()["id"] == answer.json()["id"]


def test_without_a_topic_the_widget_itself_takes_the_request() -> None:
    widget = offering()
    assert send(caller(Scope.WRITE), body(widget)).status_code == 201
    assert CallRequest.objects.get().widget == widget


@pytest.mark.parametrize("topic", ["jobs", "", "sales\0", "support"])
def test_a_topic_that_is_not_offered_is_named(topic: str) -> None:
    widget = offering(keys=("sales", "support", "else"))
    Widget.objects.filter(pk=target_of(widget, "support").pk).update(is_active=False)
    answer = send(caller(Scope.WRITE), body(widget, topic=topic))
    assert wrong(answer) == [("body.topic", "The widget offers no such topic.")]
    assert not CallRequest.objects.exists()


def test_one_topic_alone_is_not_offered() -> None:
    widget = offering(make_widget(), keys=("sales",))
    assert wrong(send(caller(Scope.WRITE), body(widget, topic="sales")))
    read = caller(Scope.READ).get(f"{API}/widgets/{widget.public_id}").json()
    assert read["topics"] == []


def test_a_key_of_a_topics_widget_creates_what_this_widget_takes() -> None:
    widget = offering()
    of_sales = caller(Scope.WRITE, widget=target_of(widget, "sales"))
    assert wrong(send(of_sales, body(widget, topic="support")))[0][0] == "body.widget"
    assert not CallRequest.objects.exists()
    assert send(of_sales, body(widget, topic="sales")).status_code == 201


def test_a_key_of_one_widget_creates_reads_and_cancels_what_its_topics_take() -> None:
    widget = offering()
    key = caller(Scope.READ, Scope.WRITE, widget=widget)
    answer = send(key, body(widget, topic="sales", language="fr"))
    assert answer.status_code == 201
    made = CallRequest.objects.get()
    assert (made.offered_by, made.topic, made.topic_label) == (widget, "sales", "Sales (fr)")
    one = f"{API}/requests/{made.public_id}"
    assert key.get(one).json()["topic"] == "sales"
    assert key.post(f"{API}/requests/search", {"id": made.public_id}).json()["requests"]
    assert key.post(f"{one}/cancel", {}).json()["status"] == "cancelled"


def test_a_key_of_one_widget_reaches_no_request_of_its_topics_widget_but_its_own() -> None:
    """Another widget has the same topic, and the topic's widget has a page of its own."""
    widget = offering()
    sales = target_of(widget, "sales")
    other = offering(sales, make_widget())
    mine, own = request_about(widget), make_request(widget=widget, number="+33612345679")
    hidden = [request_about(other, number="+33612345670"), make_request(widget=sales)]
    key = caller(Scope.READ, Scope.WRITE, widget=widget)
    listed = key.get(f"{API}/requests").json()["requests"]
    assert {one["id"] for one in listed} == {mine.public_id, own.public_id}
    for one in hidden:
        address = f"{API}/requests/{one.public_id}"
        check_problem(key.get(address), problems.NOT_FOUND)
        check_problem(key.post(f"{address}/cancel", {}), problems.NOT_FOUND)
    reached = {
        one["id"]
        for one in caller(Scope.READ, widget=sales).get(f"{API}/requests").json()["requests"]
    }
    assert reached == {mine.public_id, *(one.public_id for one in hidden)}


def test_a_key_of_one_widget_reads_its_requests_page_by_page_newest_first() -> None:
    widget, now = offering(), clock.now()
    Topic.objects.create(
        widget=widget, key="rest", labels={"en": "Rest"}, target=widget, position=9
    )
    made = []
    for age, kind in enumerate(["sales", "", "rest", "support", "", "sales"]):
        fields = {"created_at": now - timedelta(minutes=age), "number": f"+3361234567{age}"}
        about = (
            request_about(widget, kind, **fields) if kind else make_request(widget=widget, **fields)
        )
        made.append(about.public_id)
    key = caller(Scope.READ, widget=widget)
    read: list[str] = []
    following = "limit=2"
    for _ in range(3):
        answer = key.get(f"{API}/requests?{following}").json()
        assert len(answer["requests"]) == 2
        read += [one["id"] for one in answer["requests"]]
        following = f"limit=2&cursor={answer['next_cursor']}"
    assert (read, answer["next_cursor"]) == (made, None)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="how SQLite plans a query")
def test_a_key_of_one_widget_lists_by_the_indexes_of_its_widget() -> None:
    widget = offering()
    request_about(widget)
    key = caller(Scope.READ, widget=widget)
    with CaptureQueriesContext(connection) as asked:
        key.get(f"{API}/requests")
    plans = []
    with connection.cursor() as cursor:
        for one in asked:
            if "callbacks_callrequest" in one["sql"] and "LIMIT 51" in one["sql"]:
                cursor.execute(f"EXPLAIN QUERY PLAN {one['sql']}")
                plans.append(str(cursor.fetchall()))
    assert ["request_by_widget" in plans[0], "request_by_offer" in plans[1]] == [True, True]
    assert len(plans) == 2


def test_requests_are_listed_by_topic() -> None:
    widget = offering()
    mine = request_about(widget)
    request_about(widget, "support", number="+33612345679")
    make_request(widget=widget, number="+33612345670")
    key = caller(Scope.READ)
    listed = key.get(f"{API}/requests?topic=sales").json()["requests"]
    assert [one["id"] for one in listed] == [mine.public_id]
    Topic.objects.all().delete()
    assert key.post(f"{API}/requests/search", {"topic": "sales"}).json()["requests"] == listed
    check_problem(key.get(f"{API}/requests?topic=a%20b"), problems.INVALID)


def test_a_key_of_one_widget_reads_the_widgets_of_its_topics_and_their_slots() -> None:
    widget, hidden = offering(), make_widget()
    key = caller(Scope.READ, widget=widget)
    seen = {one["id"] for one in key.get(f"{API}/widgets").json()["widgets"]}
    topics = [target_of(widget, name) for name in ("sales", "support")]
    assert seen == {one.public_id for one in (widget, *topics)}
    assert key.get(f"{API}/widgets/{topics[0].public_id}/slots").status_code == 200
    check_problem(key.get(f"{API}/widgets/{hidden.public_id}"), problems.NOT_FOUND)


def test_a_pause_of_the_widget_holds_for_its_topics() -> None:
    widget = offering(is_paused=True)
    check_problem(send(caller(Scope.WRITE), body(widget, topic="sales")), problems.REFUSED)
    refusal = Refusal.objects.get()
    assert (refusal.kind, refusal.widget) == (RefusalKind.PAUSED, target_of(widget, "sales"))


def test_a_widget_is_read_with_its_topics(django_assert_max_num_queries: Any) -> None:
    widget = offering()
    key = caller(Scope.READ)
    read = key.get(f"{API}/widgets/{widget.public_id}").json()
    assert read["topics"][0] == {
        "key": "sales",
        "labels": {"en": "Sales", "fr": "Sales (fr)"},
        "widget": target_of(widget, "sales").public_id,
    }
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(99) as queries:
            listed = key.get(f"{API}/widgets").json()["widgets"]
        assert {len(one["topics"]) for one in listed} == {0, 2}
        counts.append(len(queries))
        offering()
    assert counts[0] == counts[1]


def fetched(widget: Widget, query: str) -> Any:
    return page().get(address(widget, "form") + query)


def typed(token: str, **more: Any) -> dict[str, Any]:
    return {
        "form_token": token,
        "language": "en",
        "number": "06 12 34 56 78",
        "email": "jo@example.fr",
        "consent": True,
    } | more


def test_a_page_asks_for_the_topic_and_sends_it() -> None:
    sales = make_widget(company_name="Sales & Co", extra_fields=[ORDER])
    widget = offering(sales, make_widget(), allowed_origins=[SITE])
    first = fetched(widget, "?language=fr").json()
    assert (first["topic"], first["widget"]) == (None, widget.public_id)
    assert first["topics"][0] == {"key": "sales", "label": "Sales (fr)"}
    form = fetched(widget, "?language=en&topic=sales").json()
    assert (form["topic"], form["widget"]) == ("sales", sales.public_id)
    assert "Sales & Co" in form["texts"]["consent"]
    assert [one["key"] for one in form["fields"]] == ["order"]
    sent = typed(form["form_token"], topic="sales", fields={"order": "A-1"})
    answer = page().post(address(widget, "requests"), sent)
    assert answer.status_code == 201, answer.content
    assert CallRequest.objects.get().widget == sales
    # The sites of the widget may not send the form of the topic's own widget.
    own = page().post(address(sales, "requests"), typed(form["form_token"]))
    check_problem(own, problems.ORIGIN_NOT_ALLOWED)
    # Sent again after the topic is gone, it is the same request.
    Topic.objects.filter(target=sales).delete()
    widget_cache.forget()
    again = page().post(address(widget, "requests"), sent | {"fields": {}})
    gone = "This topic is no longer offered. Choose another one."
    assert wrong(again) == [("body.topic", gone)]
    assert CallRequest.objects.count() == 1


def test_a_form_that_was_accepted_leads_to_its_request_after_its_topic_is_gone() -> None:
    widget = offering(allowed_origins=[SITE])
    form = fetched(widget, "?topic=sales&language=en").json()
    sent = typed(form["form_token"], topic="sales")
    first = page().post(address(widget, "requests"), sent)
    Topic.objects.all().delete()
    widget_cache.forget()
    again = page().post(address(widget, "requests"), sent)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])


def test_a_page_hears_that_a_topic_is_not_offered_and_that_the_widget_is_paused() -> None:
    widget = offering(allowed_origins=[SITE])
    assert wrong(fetched(widget, "?topic=jobs"))[0][0] == "query.topic"
    token = fetched(widget, "?topic=sales&language=en").json()["form_token"]
    other = page().post(address(widget, "requests"), typed(token, topic="support"))
    check_problem(other, problems.FORM_OUTDATED)
    widget.is_paused = True
    widget.save()
    assert fetched(widget, "?topic=sales").json()["takes_requests"] is False
    refused = page().post(address(widget, "requests"), typed(token, topic="sales"))
    check_problem(refused, problems.REFUSED)
    assert not CallRequest.objects.exists()
