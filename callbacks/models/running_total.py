"""A running total: how often something has happened since the beginning. It names nobody."""

from django.db import models


class RunningTotal(models.Model):
    """One number for `/metrics` that only grows. Written by `callbacks.stats.totals`.

    It stays when the requests that it counted are deleted.
    """

    # What is counted, and which kind of it, such as `failed` and `too_late`.
    name = models.CharField(max_length=40)
    label = models.CharField(max_length=80, blank=True)
    total = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["name", "label"], name="one_total_a_kind")]

    def __str__(self) -> str:
        return f"{self.name} {self.label}"
