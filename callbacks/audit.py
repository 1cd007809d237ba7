"""Writing the audit trail."""

from typing import TYPE_CHECKING

from callbacks import clock
from callbacks.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def record(person: "User | None", action: str, about: object = "", detail: str = "") -> AuditEntry:
    """Notes that `person` did `action` (a short word such as `widget.change`).

    In: what it was about, as text that names no number and no email. In the transaction of what
    was done.
    """
    return AuditEntry.objects.create(
        at=clock.now(),
        person=person,
        person_name=person.get_username()[:150] if person else "",
        action=action[:40],
        about=str(about)[:200],
        detail=detail[:500],
    )
