"""An open period: from when to when calls of a widget may be placed."""

from django.db import models
from django.db.models import F, Q

from callbacks.models.widget import Widget


class OpenPeriod(models.Model):
    """One open period of a widget with opening hours.

    Written by `callbacks.scheduling.open_periods`. The periods of a widget and a
    zone do not overlap or touch. A moment in none of them is closed.
    """

    widget = models.ForeignKey(Widget, on_delete=models.CASCADE, related_name="open_periods")
    # The time zone of the people who may be called then, if the widget keeps to the legal hours of
    # sales calls. Otherwise empty: the period is the same for everybody.
    zone = models.CharField(max_length=64, blank=True)
    starts_at = models.DateTimeField()
    # No longer open at this moment.
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Its index finds the period under way, or the next one: the first that ends later.
            models.UniqueConstraint(fields=["widget", "zone", "ends_at"], name="period_ends_once"),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="period_starts_before_it_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%F %T} - {self.ends_at:%F %T}"
