"""A worker process: where it runs, and when it last reported that it is alive."""

from django.db import models


class WorkerProcess(models.Model):
    """One process that runs worker threads. Written by `callbacks.worker.heartbeat`."""

    host = models.CharField(max_length=255)
    pid = models.PositiveBigIntegerField()
    threads = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "pid"], name="one_row_a_process")]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
