"""The company's own texts of a widget, in each language."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.models.widget import Widget


class WidgetText(models.Model):
    """The company's own texts for a widget in one language.

    For a text that is empty, the widget shows our default text, translated.
    """

    widget = models.ForeignKey(Widget, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    heading = models.CharField(_("heading"), max_length=100, blank=True)
    introduction = models.CharField(_("introduction"), max_length=500, blank=True)
    button = models.CharField(_("button"), max_length=40, blank=True)
    consent = models.CharField(
        _("consent text"),
        max_length=1000,
        blank=True,
        help_text=_(
            "Shown beside the box that the visitor ticks, and kept with the request. It must "
            "say that a voice robot calls, if one does."
        ),
    )
    sales_call_notice = models.CharField(
        _("notice about sales calls"),
        max_length=500,
        blank=True,
        help_text=_("Shown beside the number, if French numbers may be called."),
    )
    pause_message = models.CharField(
        _("pause message"),
        max_length=500,
        blank=True,
        help_text=_("Shown to visitors while the widget is paused."),
    )

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = [
            models.UniqueConstraint(fields=["widget", "language"], name="one_text_per_language")
        ]

    def __str__(self) -> str:
        return f"{self.widget} ({self.language})"
