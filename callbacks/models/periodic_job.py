"""A periodic job: which process may do it at the moment, and when it was done last."""

from django.db import models


class PeriodicJob(models.Model):
    name = models.CharField(max_length=40, primary_key=True)
    # The process that does it (`core.process_identity`); empty for a job that any process may do.
    locked_by = models.CharField(max_length=300, blank=True)
    # Nobody else takes the job before then; a job that is not locked is not due before then.
    until = models.DateTimeField()
    last_run_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
