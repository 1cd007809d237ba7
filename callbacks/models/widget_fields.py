"""The part of a widget that holds its additional fields."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from callbacks.models.extra_fields import ExtraField, check, read


class WidgetFields(models.Model):
    """The part of a widget that holds its additional fields."""

    extra_fields = models.JSONField(
        _("additional fields"), default=list, blank=True, editable=False, validators=[check]
    )

    class Meta:
        abstract = True

    @property
    def all_fields(self) -> list[ExtraField]:
        """Return all additional fields: those that the form asks, in order, and the retired."""
        return read(self.extra_fields)

    @property
    def asked_fields(self) -> list[ExtraField]:
        """Return the additional fields that the form asks, in order."""
        return [one for one in self.all_fields if not one.is_retired]
