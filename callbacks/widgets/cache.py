"""Keep the widgets that are being shown in memory, for `KEPT_SECONDS`.

A form is shown a thousand times for each change of its widget, and reading widget and texts costs
more than rendering the page. So a change by another process is seen after `KEPT_SECONDS`, and a
change by this process at once.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from callbacks.core.process_memory import LastKnown, ShortCache
from callbacks.models import CallControl, Topic, Widget, WidgetText
from callbacks.widgets import texts, topics
from callbacks.widgets.topics import OfferedTopic

KEPT_SECONDS = 2.0
# The most widgets to keep: far more than are shown within `KEPT_SECONDS`.
MOST = 1000


@dataclass(frozen=True)
class Known:
    """A widget, the company's texts by language, and the HTML of its form as first shown.

    `topics` are those that visitors can choose, and `sites` those that may show the widget: its
    allowed sites, and those of the widgets of which it is a topic.
    `first_pages` maps everything that changes the form's look to its HTML, and `offers` what is
    offered to a visitor whose number is unknown, by whether all days are shown. Threads share these
    objects, so do not change the widget or the texts.
    """

    widget: Widget
    words: dict[str, WidgetText]
    # Identifies the last restore of a backup; "" if there was none.
    restore_mark: str = ""
    topics: tuple[OfferedTopic, ...] = ()
    sites: tuple[str, ...] = ()
    first_pages: dict[Any, str] = field(default_factory=dict)
    offers: dict[bool, Any] = field(default_factory=dict)

    def texts_in(self, language: str) -> texts.Texts:
        """Return the widget's texts in `language`, which must be active."""
        return texts.completed(self.words.get(language) or WidgetText(), self.widget)

    def topic(self, key: str) -> OfferedTopic | None:
        """Return the topic with this key that visitors can choose, or None."""
        return next((one for one in self.topics if one.key == key), None)


_known: ShortCache[str, Known] = ShortCache(KEPT_SECONDS, MOST)
# The widgets as last read. Used only while the database is unavailable.
last_known: LastKnown[str, Widget] = LastKnown(MOST)


def find(public_id: str) -> Known | None:
    """Return the widget with this public ID, active or not, or None.

    At most two queries, and one more each if it has topics, and if it is a topic of others.
    """
    return _known.get(public_id, lambda: _read(public_id))


def find_topic(known: Known, key: str) -> Known | None:
    """Return the widget that takes the requests about a topic which `known` offers, or None."""
    topic = known.topic(key)
    found = find(topic.target) if topic else None
    return found if found and found.widget.is_active else None


def _read(public_id: str) -> Known | None:
    """Return the widget with this public ID from the database, or None."""
    mark = CallControl.objects.filter(pk=1).values("restore_mark")
    of_this, of_others = (
        Topic.objects.filter(widget=OuterRef("pk")),
        Topic.objects.filter(target=OuterRef("pk")).exclude(widget=OuterRef("pk")),
    )
    widget = (
        Widget.objects.filter(public_id=public_id)
        .annotate(mark=Subquery(mark), has_topics=Exists(of_this), is_topic=Exists(of_others))
        .first()
    )
    if widget is None:
        return None
    words = {own.language: own for own in WidgetText.objects.filter(widget=widget)}
    last_known.keep(public_id, widget)
    sites = widget.allowed_origins
    if widget.is_topic:
        sites = sites + [site for one in _offering(widget) for site in one.allowed_origins]
    return Known(
        widget,
        words,
        widget.mark or "",
        topics.offered(widget) if widget.has_topics else (),
        tuple(dict.fromkeys(sites)),
    )


def _offering(widget: Widget) -> QuerySet[Widget]:
    """Return the active widgets of which `widget` is a topic."""
    return Widget.objects.filter(topics__target=widget, is_active=True)


@receiver([post_save, post_delete], sender=Widget)
@receiver([post_save, post_delete], sender=WidgetText)
@receiver([post_save, post_delete], sender=Topic)
def forget(**_options: Any) -> None:
    """Empty the cache, because this process has changed a widget, its texts or topics."""
    _known.forget()
