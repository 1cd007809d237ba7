"""The widgets that are being shown, kept in memory for a moment.

A form is shown a thousand times for each time that its widget is changed, and reading widget and
words costs more than rendering the page. So a change in another process is seen after
`KEPT_SECONDS`; one in this process at once.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Subquery
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from callbacks.models import CallControl, Widget, WidgetText

KEPT_SECONDS = 2.0
# Far more than are shown within that time.
MOST = 1000


@dataclass(frozen=True)
class Known:
    """A widget, its owner's words by language, and its form as it is first shown, by whatever
    makes it look different. Shared by threads: widget and words are to be read only."""

    widget: Widget
    words: dict[str, WidgetText]
    read_at: float
    # What names the last restore of a backup.
    restore_mark: str = ""
    first_pages: dict[Any, str] = field(default_factory=dict)


_known: dict[str, Known] = {}


def find(public_id: str) -> Known | None:
    """The widget of that name, active or not; None when there is none. At most two queries."""
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
    """Something was changed here: everything is read anew."""
    _known.clear()
