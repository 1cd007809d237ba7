"""A worker process: where it runs, and when it was last seen alive."""

from django.db import models


class WorkerProcess(models.Model):
    """Written by `callbacks.worker.heartbeat`: a row for each process that runs worker threads."""

    host = models.CharField(max_length=255)
    pid = models.PositiveBigIntegerField()
    threads = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "pid"], name="one_row_a_process")]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
