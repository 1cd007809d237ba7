"""A hit: one event that a rate limit counts, under a key that names nobody."""

from django.db import models


class LimitHit(models.Model):
    """One event that a limit counts. Written by `callbacks.abuse.limits`.

    For a number, `key` contains a keyed hash, so the table reveals no number.
    """

    key = models.CharField(max_length=80)
    # Its number among the hits of its key. The numbers have no gaps, except where old hits were
    # deleted at the beginning.
    ordinal = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "ordinal"], name="hits_are_numbered")]
        indexes = [models.Index(fields=["at"], name="limit_age")]

    def __str__(self) -> str:
        return f"{self.key} {self.at:%F %T}"
