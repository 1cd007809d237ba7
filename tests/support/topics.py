"""A widget that offers topics."""

from typing import Any

from callbacks.intake.submission import ChosenTopic, Submission
from callbacks.models import CallRequest, Topic, Widget
from tests.support.factories import make_request, make_submission, make_widget


def offering(*targets: Widget, keys: tuple[str, ...] = ("sales", "support"), **more: Any) -> Widget:
    """Return a widget whose topics have these widgets; two new ones if none are given."""
    widget = make_widget(**more)
    for position, (key, target) in enumerate(
        zip(keys, targets or [make_widget() for _ in keys], strict=False)
    ):
        labels = {"en": key.title(), "fr": f"{key.title()} (fr)"}
        Topic.objects.create(
            widget=widget, key=key, labels=labels, target=target, position=position
        )
    return widget


def target_of(widget: Widget, key: str) -> Widget:
    """Return the widget that takes the requests about this topic."""
    return Topic.objects.select_related("target").get(widget=widget, key=key).target


def chosen(widget: Widget, key: str = "sales") -> ChosenTopic:
    """Return the topic as a visitor chose it in English."""
    return ChosenTopic(widget, key, key.title())


def request_about(widget: Widget, key: str = "sales", **fields: Any) -> CallRequest:
    """Create a request about this topic."""
    return make_request(
        widget=target_of(widget, key),
        topic=key,
        topic_label=key.title(),
        offered_by=widget,
        **fields,
    )


def submission_about(widget: Widget, key: str = "sales", **fields: Any) -> Submission:
    """Return a form about this topic, as a visitor sends it."""
    return make_submission(target_of(widget, key), topic=chosen(widget, key), **fields)
