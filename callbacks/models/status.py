"""Where a request is, and why. The labels are what staff read."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Status(models.TextChoices):
    """Where a request is. `docs/glossary.md` explains each status."""

    QUEUED = "queued", _("Waiting")
    CALLING = "calling", pgettext_lazy("status", "Calling")
    CALLED = "called", pgettext_lazy("status", "Called")
    UNCERTAIN = "uncertain", _("Uncertain")
    FAILED = "failed", pgettext_lazy("status", "Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Reason(models.TextChoices):
    """Why a request has its status, where the status alone does not say it."""

    REFUSED = "refused", _("Refused by the call service")
    TOO_LATE = "too_late", _("Maximum wait exceeded")
    CLOSED = "closed", _("No opening hours ahead")
    NO_ANSWER = "no_answer", _("Call sent, no clear answer")
    WORKER_DIED = "worker_died", _("The call worker stopped during the call")
    UNREADABLE = "unreadable", _("The number or email cannot be decrypted")
    RESTORED = "restored", _("Unfinished when a backup was restored")
    BY_VISITOR = "by_visitor", _("By the visitor")
    BY_STAFF = "by_staff", _("By staff")
    BY_API = "by_api", _("Through the API")
    BLOCKED = "blocked", _("The number is on the block list")
    ERASED = "erased", _("Erased on request")
