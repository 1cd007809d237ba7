"""The outcomes that the call service reported, as lines of the overview's first table."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from callbacks.models import CallOutcome, OutcomeStatus
from callbacks.staff.overview.cells import Row, cell
from callbacks.staff.requests.list_page.filters import midnight

DAYS = 30
DAY = timedelta(days=1)
LINES = (
    (OutcomeStatus.QUALIFIED, gettext_lazy("Outcome: qualified"), "better"),
    (OutcomeStatus.VOID, gettext_lazy("Outcome: void"), "worse"),
)


def rows(widget: int | None, today: date, now: datetime) -> list[Row]:
    """Return a line for each outcome; none if the site receives no reports. One query.

    An outcome counts on the day on which its report arrived, in the site's time zone.
    """
    if not settings.UHLIVE_WEBHOOK_SECRET:
        return []
    first = today - (DAYS - 1) * DAY
    periods = {
        "today": (midnight(today), now),
        "yesterday": (midnight(today - DAY), now - DAY),
        "month": (midnight(first), now),
        "month_before": (midnight(first - DAYS * DAY), now - DAYS * DAY),
    }
    received = CallOutcome.objects.filter(received_at__gte=periods["month_before"][0])
    if widget:
        received = received.filter(call_request__widget=widget)
    counts = received.aggregate(
        **{
            f"{status}_{name}": Count(
                "pk", filter=Q(status=status, received_at__gte=start, received_at__lte=end)
            )
            for status, _title, _meaning in LINES
            for name, (start, end) in periods.items()
        }
    )
    address = reverse("admin:callbacks_calloutcome_changelist")
    return [
        Row(
            str(title),
            "",
            [
                cell(
                    counts[f"{status}_{now_}"],
                    counts[f"{status}_{before}"],
                    "" if widget else f"{address}?status__exact={status}",
                    more_is=meaning,
                )
                for now_, before in (("today", "yesterday"), ("month", "month_before"))
            ],
        )
        for status, title, meaning in LINES
    ]
