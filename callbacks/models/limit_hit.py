"""A hit: something that a limit counts happened, under a key that names nobody."""

from django.db import models


class LimitHit(models.Model):
    """`key` holds a keyed hash where it is about a number: the table reveals none."""

    key = models.CharField(max_length=80)
    # Its number among those of the key, without gaps but for the old ones that are forgotten.
    ordinal = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "ordinal"], name="hits_are_numbered")]
        indexes = [models.Index(fields=["at"], name="limit_age")]

    def __str__(self) -> str:
        return f"{self.key} {self.at:%F %T}"
