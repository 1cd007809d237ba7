"""When a member of the team first looked at a request that failed or became uncertain."""

from django.db import models

from callbacks.models.call_request import CallRequest


class Look(models.Model):
    """The first look at a request since it got its status. Written by `team_mails.looks`.

    A table of its own: a page that is opened never writes the row of the request, which a worker
    may be waiting for.
    """

    call_request = models.ForeignKey(CallRequest, on_delete=models.CASCADE, related_name="looks")
    # Since when the request had the status in which it was seen (`CallRequest.status_at`).
    status_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call_request", "status_at"], name="first_look")
        ]

    def __str__(self) -> str:
        return f"{self.call_request_id} {self.at:%Y-%m-%d %H:%M}"
