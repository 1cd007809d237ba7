"""An endpoint of one widget hears of the requests about its topics, and of no others."""

import json

import pytest

from callbacks.intake import accept
from callbacks.lifecycle import transitions
from callbacks.models import Actor, CallRequest, OutboxMessage, Topic, WebhookEvent, Widget
from callbacks.webhooks import body, endpoints
from tests.support.factories import make_submission, make_widget
from tests.support.topics import offering, submission_about, target_of

pytestmark = pytest.mark.django_db


def heard(widget: Widget) -> list[str]:
    """Return the events that wait for the endpoint of this widget."""
    found = OutboxMessage.objects.filter(endpoint__widget=widget).order_by("pk")
    return list(found.values_list("event", flat=True))


def test_an_endpoint_hears_of_the_requests_about_its_widgets_topics() -> None:
    widget = offering()
    sales, other = target_of(widget, "sales"), make_widget()
    for one in (widget, sales, other):
        endpoints.create("https://crm.example/hook", list(WebhookEvent)[:-1], one)
    made = accept.accept(submission_about(widget)).call_request
    Topic.objects.all().delete()  # what the request was about stays so
    transitions.transition(made, transitions.CANCEL, Actor.VISITOR)
    both = ["callback.requested", "callback.cancelled"]
    assert (heard(widget), heard(sales), heard(other)) == (both, both, [])


def test_an_endpoint_hears_nothing_of_what_its_topics_widget_takes_for_others() -> None:
    widget = offering()
    sales = target_of(widget, "sales")
    endpoints.create("https://crm.example/hook", [WebhookEvent.REQUESTED], widget)
    accept.accept(make_submission(sales))
    accept.accept(submission_about(offering(sales, make_widget()), nonce="2", number="0612345679"))
    assert heard(widget) == []


def test_the_widget_that_is_its_own_topic_hears_once() -> None:
    widget = make_widget()
    Topic.objects.create(
        widget=widget, key="rest", labels={"en": "Rest"}, target=widget, position=1
    )
    endpoints.create("https://crm.example/hook", [WebhookEvent.REQUESTED], widget)
    accept.accept(submission_about(widget, "rest"))
    assert heard(widget) == ["callback.requested"]


def test_the_body_names_the_topic_also_when_it_is_gone() -> None:
    widget = offering()
    endpoints.create("https://crm.example/hook", [WebhookEvent.REQUESTED], widget)
    accept.accept(submission_about(widget))
    Topic.objects.all().delete()
    data = json.loads(body.of(OutboxMessage.objects.get(), with_contact=False))["data"]
    assert (data["topic"], data["topic_label"]) == ("sales", "Sales")
    assert data["offered_by"] == widget.public_id
    CallRequest.objects.update(topic=None, topic_label="", offered_by=None)
    data = json.loads(body.of(OutboxMessage.objects.get(), with_contact=False))["data"]
    assert {data[name] for name in ("topic", "topic_label", "offered_by")} == {None}
