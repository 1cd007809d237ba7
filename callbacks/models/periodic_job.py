"""A periodic job: which process may run it at the moment, and when it last ran."""

from django.db import models


class PeriodicJob(models.Model):
    """One job by name, such as housekeeping, that only one process runs at a time."""

    name = models.CharField(max_length=40, primary_key=True)
    # The process that runs it (`core.process_identity`). Empty if any process may run it.
    locked_by = models.CharField(max_length=300, blank=True)
    # For a locked job: no other process takes it before this time. For a free one: it is not due
    # before this time.
    until = models.DateTimeField()
    last_run_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
