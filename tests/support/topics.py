"""A widget that offers topics."""

from typing import Any

from callbacks.models import Topic, Widget
from tests.support.factories import make_widget


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
