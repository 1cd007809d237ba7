"""What a system of the company did with an Idempotency-Key, so that it is done once."""

from django.db import models

from callbacks.models.call_request import CallRequest


class IdempotentCall(models.Model):
    """A call of the API that changed something, by keyed hashes of what was sent.

    Neither the answer nor the caller's Idempotency-Key is stored, and nothing about a person: the
    answer to the same call is built anew from the request. Written by `callbacks.intake`.
    """

    # Of the API key, the route and the Idempotency-Key. For a call that created the request, it is
    # also the request's nonce.
    nonce = models.CharField(max_length=64, unique=True)
    # It cannot be computed without the Idempotency-Key.
    body_hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    call_request = models.ForeignKey(CallRequest, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.call_request} {self.at}"
