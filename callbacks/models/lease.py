"""A lease: which process may do a periodic job at the moment, and when it was done last."""

from django.db import models


class Lease(models.Model):
    name = models.CharField(max_length=300, primary_key=True)
    holder = models.CharField(max_length=300, blank=True)
    until = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
