"""Keep the widgets that are being shown in memory, for `KEPT_SECONDS`.

A form is shown a thousand times for each change of its widget, and reading widget and texts costs
more than rendering the page. So a change by another process is seen after `KEPT_SECONDS`, and a
change by this process at once.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Subquery
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from callbacks.models import CallControl, Widget, WidgetText

KEPT_SECONDS = 2.0
# The most widgets to keep: far more than are shown within `KEPT_SECONDS`.
MOST = 1000


@dataclass(frozen=True)
class Known:
    """A widget, its owner's texts by language, and the HTML of its form as first shown.

    `first_pages` maps everything that changes the form's look to its HTML. `read_at` is a time of
    `time.monotonic`. Threads share these objects, so do not change the widget or the texts.
    """

    widget: Widget
    words: dict[str, WidgetText]
    read_at: float
    # Identifies the last restore of a backup; "" if there was none.
    restore_mark: str = ""
    first_pages: dict[Any, str] = field(default_factory=dict)


_known: dict[str, Known] = {}


def find(public_id: str) -> Known | None:
    """Return the widget with this public ID, active or not, or None. At most two queries."""
    known = _known.get(public_id)
    now = time.monotonic()
    if known is not None and now - known.read_at < KEPT_SECONDS:
        return known
    mark = CallControl.objects.filter(pk=1).values("restore_mark")
    widget = Widget.objects.filter(public_id=public_id).annotate(mark=Subquery(mark)).first()
    if widget is None:
        return None
    if len(_known) >= MOST:
        _known.clear()
    words = {own.language: own for own in WidgetText.objects.filter(widget=widget)}
    _known[public_id] = known = Known(widget, words, now, widget.mark or "")
    return known


@receiver([post_save, post_delete], sender=Widget)
@receiver([post_save, post_delete], sender=WidgetText)
def forget(**_options: Any) -> None:
    """Empty the cache, because this process has changed a widget or its texts."""
    _known.clear()
