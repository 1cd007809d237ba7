"""Create due requests of ten widgets, without a wake-up message: `backlog.py COUNT`."""

import itertools
import sys
from datetime import timedelta

import django

django.setup()

from benchmarks.inside import columns  # noqa: E402
from callbacks.core import clock  # noqa: E402
from callbacks.models import CallRequest, Widget  # noqa: E402

WIDGETS = 10

now = clock.now()
widgets = [
    Widget.objects.create(name=f"Widget {number}", originate="test-scenario")
    for number in range(WIDGETS)
]
rows = (
    CallRequest(
        widget=widget,
        nonce=f"backlog-{widget.pk}-{number}",
        number=f"+336{number:08}",
        **columns.asked_at(now),
        due_at=now,
        patience_until=now + timedelta(hours=10),
        queue_position=number // WIDGETS,
    )
    for number, widget in zip(range(int(sys.argv[1])), itertools.cycle(widgets), strict=False)
)
while batch := list(itertools.islice(rows, 500)):
    CallRequest.objects.bulk_create(batch)
