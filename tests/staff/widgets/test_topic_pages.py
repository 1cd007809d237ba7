"""Managers add, change and remove the topics of a widget."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from callbacks.models import AuditEntry, Topic, Widget
from callbacks.models.topic import MOST
from tests.support.factories import make_widget
from tests.support.forms import forms_in
from tests.support.staff.pages import make_staff, signed_in
from tests.support.staff.widget_form import filled_in
from tests.support.topics import offering, target_of

pytestmark = pytest.mark.django_db
LIST = "/admin/callbacks/widget/"


def path(widget: Widget, *parts: str) -> str:
    return f"{LIST}{widget.pk}/topics/" + "".join(f"{part}/" for part in parts)


def add(staff: Client, widget: Widget, taker: Widget, **typed: str) -> Any:
    return staff.post(path(widget), {"key": "sales", "target": str(taker.pk)} | typed)


def keys(widget: Widget) -> list[str]:
    return [one.key for one in widget.topics.all()]


@pytest.mark.long
def test_topics_are_added_in_their_order_and_listed(staff: Client) -> None:
    widget, sales, support = make_widget(), make_widget(name="Sales desk"), make_widget()
    assert "Visitors see the form at once." in staff.get(f"{LIST}{widget.pk}/change/").text
    answer = add(staff, widget, sales, label_en="Sales", label_fr="Ventes")
    assert answer.headers["Location"].endswith("/change/#topics")
    assert widget.topics.get().labels == {"en": "Sales", "fr": "Ventes"}
    assert "Nothing is offered yet" in staff.get(f"{LIST}{widget.pk}/change/").text
    add(staff, widget, support, key="support", label_en="Support", place="1")
    assert keys(widget) == ["support", "sales"]
    page = staff.get(f"{LIST}{widget.pk}/change/").text
    assert "Nothing is offered yet" not in page
    assert "Sales desk" in page
    assert AuditEntry.objects.filter(action="widget.change")[0].facts["changed"] == ["topics"]
    # The page of a topic's widget, and the list, say whose topic it is.
    assert f"{LIST}{widget.pk}/change/#topics" in staff.get(f"{LIST}{sales.pk}/change/").text
    assert staff.get(LIST).text.count(f"topic of {widget.name}") == 2


def test_a_topic_is_changed_and_keeps_its_name(staff: Client) -> None:
    widget, other = offering(), make_widget()
    form = forms_in(staff.get(path(widget, "sales")).text)[-1]
    assert form.fields["label_en"] == "Sales"
    assert "key" not in form.fields
    changed = {"label_en": "Buy", "label_fr": "", "target": str(other.pk), "place": "2"}
    staff.post(path(widget, "sales"), form.fields | changed)
    assert keys(widget) == ["support", "sales"]
    topic = widget.topics.get(key="sales")
    assert (topic.labels, topic.target) == ({"en": "Buy"}, other)


def test_a_topic_is_removed_after_a_confirmation(staff: Client) -> None:
    widget = offering()
    target = target_of(widget, "sales")
    assert "Sales" in staff.get(path(widget, "sales", "remove")).text
    assert keys(widget) == ["sales", "support"]
    staff.post(path(widget, "sales", "remove"))
    assert keys(widget) == ["support"]
    assert Widget.objects.filter(pk=target.pk).exists()
    assert staff.get(path(widget, "sales")).status_code == 404
    assert staff.post(path(widget, "sales", "remove")).status_code == 404


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"label_en": " "}, "Enter a label in one language at least."),
        ({"key": "Sales!"}, "small letters, digits, - and _"),
        ({"key": "support"}, "Another topic has this name."),
        ({"target": "0"}, "Select a valid choice"),
        ({"target": ""}, "This field is required"),
        ({"place": "9"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_explained(staff: Client, typed: dict[str, str], sentence: str) -> None:
    widget = offering(make_widget(), keys=("support",))
    page = add(staff, widget, make_widget(), **{"label_en": "Sales"} | typed)
    assert page.status_code == 200
    assert sentence in page.text
    assert keys(widget) == ["support"]


def test_a_widget_with_topics_is_nobodys_topic_and_a_topic_has_none(staff: Client) -> None:
    offers, widget = offering(), make_widget()
    assert "Select a valid choice" in add(staff, widget, offers, label_en="Sales").text
    taken = target_of(offers, "sales")
    page = add(staff, taken, widget, label_en="Sales")
    assert "This widget is a topic of another widget" in page.text
    assert Topic.objects.count() == 2
    assert "Add a topic" not in staff.get(f"{LIST}{taken.pk}/change/").text


def test_no_more_topics_than_the_most_are_added(staff: Client) -> None:
    names = tuple(f"topic-{n}" for n in range(MOST))
    widget = offering(keys=names)
    assert (
        "A widget can have 10 topics at most."
        in add(staff, widget, make_widget(), label_en="Sales").text
    )
    assert widget.topics.count() == MOST


def test_a_save_of_the_widget_keeps_its_topics_and_a_copy_has_them(staff: Client) -> None:
    widget = offering()
    Topic.objects.create(
        widget=widget, key="else", labels={"en": "Else"}, target=widget, position=2
    )
    staff.post(f"{LIST}{widget.pk}/change/", filled_in(name="Renamed"))
    assert keys(widget) == ["sales", "support", "else"]
    staff.post(f"{LIST}{widget.pk}/duplicate/", {"name": "Copy"})
    copy = Widget.objects.get(name="Copy")
    targets = [one.target for one in copy.topics.all()]
    assert targets == [target_of(widget, "sales"), target_of(widget, "support"), copy]


def test_those_who_may_not_change_widgets_see_topics_and_change_none() -> None:
    onlooker, widget = signed_in(make_staff("onlooker", "view_widget")), offering()
    page = onlooker.get(f"{LIST}{widget.pk}/change/").text
    assert "Support" in page
    assert "Add a topic" not in page
    assert onlooker.post(path(widget, "sales", "remove")).status_code == 403
    assert len(keys(widget)) == 2


def test_the_list_costs_as_much_with_many_topics(
    staff: Client, django_assert_max_num_queries: Any
) -> None:
    staff.get(LIST)
    counts = []
    for _ in range(2):
        offering()
        with django_assert_max_num_queries(99) as queries:
            staff.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["apikey_add", "webhookendpoint_new"])
def test_who_makes_a_key_or_a_webhook_for_one_widget_reads_that_it_includes_its_topics(
    staff: Client, name: str
) -> None:
    page = staff.get(reverse(f"admin:callbacks_{name}"))
    assert "A widget includes the requests about its topics." in page.text
