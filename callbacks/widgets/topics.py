"""The topics of a widget: those that it offers to visitors, and how they are changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callbacks.models import Topic, Widget
from callbacks.models.extra_fields import in_language
from callbacks.models.topic import MOST, check_key, check_labels

# With fewer active topics there is nothing to choose, and the widget is as if it had none.
FEWEST = 2
_SETTINGS = {"key", "widget", "labels"}


@dataclass(frozen=True)
class OfferedTopic:
    """A topic that visitors can choose. `target` is the public ID of the widget that takes it."""

    key: str
    labels: Mapping[str, str]
    target: str

    @property
    def label(self) -> str:
        """Return the label in the active language, or in another one if there is none."""
        return in_language(self.labels)


def offered(widget: Widget) -> tuple[OfferedTopic, ...]:
    """Return the topics whose widgets are active; none if there is nothing to choose."""
    rows = [one for one in _rows(widget) if one.target.is_active]
    topics = tuple(OfferedTopic(one.key, one.labels, one.target.public_id) for one in rows)
    return topics if len(topics) >= FEWEST else ()


def find(widget: Widget, key: str) -> OfferedTopic | None:
    """Return the topic with this key that `widget` offers, or None."""
    return next((one for one in offered(widget) if one.key == key), None)


def taking(topic: OfferedTopic) -> Widget:
    """Return the widget that takes the requests about this topic."""
    return Widget.objects.get(public_id=topic.target)


def stored(widget: Widget) -> list[dict[str, Any]]:
    """Return all topics of the widget, as `replace` takes them."""
    return [one.stored() for one in _rows(widget)]


def _rows(widget: Widget) -> QuerySet[Topic]:
    """Return all topics of the widget, with their widgets: as prefetched, or in one query."""
    is_read = "topics" in getattr(widget, "_prefetched_objects_cache", {})
    return widget.topics.all() if is_read else widget.topics.select_related("target")


def change(widget: Widget, given: object) -> str:
    """Do what `replace` does, and return what changed, for a command; "" if nothing did.

    Raises:
        ValidationError: as `replace` does.
    """
    before = names(stored(widget))
    if not replace(widget, given):
        return ""
    return f"{before} → {names(stored(widget))}"


def names(listed: Sequence[Mapping[str, Any]]) -> str:
    """Return the topics with their widgets, as a command prints them."""
    return ", ".join(f"{one['key']} ({one['widget']})" for one in listed) or "nothing"


def replace(widget: Widget, given: object) -> bool:
    """Give the widget exactly these topics, in this order. Return whether anything changed.

    Call it inside a transaction that has locked the widget.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    topics = _read(widget, given)
    if [one.stored() for one in topics] == stored(widget):
        return False
    with transaction.atomic():
        widget.topics.all().delete()
        for one in topics:
            one.save(force_insert=True)
    return True


def _read(widget: Widget, given: object) -> list[Topic]:
    """Return the topics in a list as `stored` returns it."""
    if not isinstance(given, list):
        raise ValidationError(_("Topics are a list."))
    topics = [_topic(widget, position, entry) for position, entry in enumerate(given)]
    if len(topics) > MOST:
        raise ValidationError(
            _("A widget can have %(most)d topics at most."), params={"most": MOST}
        )
    _refuse_repeated([one.key for one in topics], _("Two topics are named “%(name)s”."))
    _refuse_repeated(
        [one.target.public_id for one in topics],
        _("Two topics have the same widget: %(name)s."),
    )
    if topics and Topic.objects.filter(target=widget).exclude(widget=widget).exists():
        raise ValidationError(
            _("This widget is a topic of another widget, so it cannot have topics itself.")
        )
    return topics


def _topic(widget: Widget, position: int, entry: object) -> Topic:
    if not isinstance(entry, Mapping) or entry.keys() != _SETTINGS:
        raise ValidationError(_("A topic has a key, a widget and labels."))
    check_key(entry["key"])
    check_labels(entry["labels"])
    public_id = entry["widget"]
    target = (
        Widget.objects.filter(public_id=public_id).first() if isinstance(public_id, str) else None
    )
    if target is None:
        raise ValidationError(
            _("“%(key)s”: no widget has this public ID."), params={"key": entry["key"]}
        )
    if target != widget and target.topics.exists():
        raise ValidationError(
            _("“%(widget)s” has topics itself, so it cannot be one."),
            params={"widget": target.name},
        )
    return Topic(
        widget=widget, key=entry["key"], labels=entry["labels"], target=target, position=position
    )


def _refuse_repeated(names: Sequence[str], sentence: Any) -> None:
    if repeated := next((name for name in names if names.count(name) > 1), ""):
        raise ValidationError(sentence, params={"name": repeated})
