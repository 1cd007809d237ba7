"""The figures of an hour: what became of the requests that were asked in it."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.models.widget import Widget


def _count() -> "models.PositiveIntegerField[Any, Any]":
    return models.PositiveIntegerField(default=0)


class _Figures(models.Model):
    """Written by `callbacks.stats.hourly`, from the requests. Holds no personal data.

    Plain columns, so that a database can add them up over months without reading a request.
    """

    asked = _count()
    called = _count()
    failed = _count()
    uncertain = _count()
    cancelled = _count()
    # Why, of those that failed or are uncertain: the names of `Reason`.
    refused = _count()
    too_late = _count()
    no_answer = _count()
    worker_died = _count()
    restored = _count()
    unreadable = _count()
    # A histogram of the time from asking to the call: at most so many seconds, but more than the
    # one before.
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
    """An hour (UTC) of a widget."""

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
    """An hour (UTC) of all widgets together: so the first page adds up no more rows with a hundred
    widgets than with one."""

    hour = models.DateTimeField(_("hour"), unique=True)

    class Meta:
        verbose_name = _("hourly total")
        verbose_name_plural = _("hourly totals")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.hour:%F %H}"
