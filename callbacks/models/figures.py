"""Statistics by the hour: what became of the requests that were made in that hour."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.models.widget import Widget


def _count() -> "models.PositiveIntegerField[Any, Any]":
    """Return a column that counts requests."""
    return models.PositiveIntegerField(default=0)


class _Figures(models.Model):
    """The columns of an hour. Written by `callbacks.stats.counting`, from the requests.

    They contain no personal data. They are plain columns, so that a database can add up months of
    them without reading a request.
    """

    asked = _count()
    called = _count()
    failed = _count()
    uncertain = _count()
    cancelled = _count()
    # The reasons of failed and uncertain requests, with the names of `Reason`.
    refused = _count()
    too_late = _count()
    closed = _count()
    no_answer = _count()
    worker_died = _count()
    restored = _count()
    unreadable = _count()
    # A histogram of the time from request to call, in seconds: `within_5` counts the calls after
    # more than 2 and at most 5 seconds.
    within_2 = _count()
    within_5 = _count()
    within_10 = _count()
    within_20 = _count()
    within_30 = _count()
    within_45 = _count()
    within_60 = _count()
    within_120 = _count()
    within_300 = _count()
    within_600 = _count()
    within_900 = _count()
    within_1800 = _count()
    within_3600 = _count()
    longer = _count()

    class Meta:
        abstract = True


class HourlyFigures(_Figures):
    """One hour (UTC) of one widget."""

    hour = models.DateTimeField(_("hour"))
    widget = models.ForeignKey(Widget, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("hourly statistics")
        verbose_name_plural = _("hourly statistics")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hour", "widget"], name="figures_of_an_hour"),
        ]
        indexes = [models.Index(fields=["widget", "hour"], name="figures_of_a_widget")]

    def __str__(self) -> str:
        return f"{self.widget} {self.hour:%F %H}"


class HourlyTotal(_Figures):
    """One hour (UTC) of all widgets together.

    With it, the overview adds up as many rows for a hundred widgets as for one.
    """

    hour = models.DateTimeField(_("hour"), unique=True)

    class Meta:
        verbose_name = _("hourly total")
        verbose_name_plural = _("hourly totals")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.hour:%F %H}"
