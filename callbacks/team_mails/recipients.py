"""Add and remove the people who get emails about the requests of a widget."""

from collections.abc import Collection
from datetime import time
from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from callbacks.accounts import audit_log
from callbacks.contact import email_addresses
from callbacks.core import crypto, database
from callbacks.models import TeamMailRecipient, Widget
from callbacks.team_mails import digest

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Each request writes a row of the outbox for each of them.
MOST = 20


class Notice(StrEnum):
    """What a recipient can choose to be told. The values are columns, without their `wants_`."""

    NEW = "new"
    PROBLEMS = "problems"
    UNSEEN = "unseen"
    DIGEST = "digest"


# What a new recipient is told unless somebody chooses otherwise.
USUAL = (Notice.NEW, Notice.PROBLEMS, Notice.UNSEEN)


def add(
    widget: Widget,
    email: str,
    notices: Collection[Notice],
    *,
    language: str,
    with_contact: bool = False,
    digest_at: time = time(8),
    person: "User | None" = None,
    operator: str | None = None,
) -> TeamMailRecipient:
    """Add a recipient, who is told of what happens from now on. `operator` runs the command.

    `digest_at` is when they get the daily summary, in the widget's time zone.

    Raises:
        ValidationError: this is no address, it gets emails already or has unsubscribed, nothing was
            chosen, or there are `MOST` recipients already.
    """
    address = _address(email)
    if not notices:
        raise ValidationError(_("Choose at least one kind of email."))
    with transaction.atomic():
        now = database.lock([f"team:{widget.pk}"])
        _check(widget, address)
        recipient = TeamMailRecipient.objects.create(
            widget=widget,
            email=address,
            language=language,
            with_contact=with_contact,
            digest_at=digest_at,
            digest_due_at=digest.next_after(widget, digest_at, now)
            if Notice.DIGEST in notices
            else None,
            digested_until=now,
            created_at=now,
            **{f"wants_{notice}": True for notice in notices},
        )
        audit_log.record(
            person,
            audit_log.RECIPIENT_ADDED,
            widget,
            recipient=recipient.pk,
            notices=sorted(notices),
            with_contact=with_contact,
            operator=operator,
        )
    return recipient


def remove(
    recipient: TeamMailRecipient, *, person: "User | None" = None, operator: str | None = None
) -> None:
    """Delete the recipient, with what waits for them and the list of what they were sent."""
    with transaction.atomic():
        audit_log.record(
            person,
            audit_log.RECIPIENT_REMOVED,
            recipient.widget,
            recipient=recipient.pk,
            operator=operator,
        )
        recipient.delete()


def of(widget: Widget, email: str) -> TeamMailRecipient | None:
    """Return the recipient with this address, whatever its case, or None."""
    return TeamMailRecipient.objects.filter(
        widget=widget, email_hash=crypto.email_hash(email.strip())
    ).first()


def _address(typed: str) -> str:
    """Return the address that was typed, or raise `ValidationError`."""
    try:
        return email_addresses.clean(typed)
    except email_addresses.EmailRefused as refused:
        raise ValidationError(str(refused.message)) from None


def _check(widget: Widget, address: str) -> None:
    """Raise `ValidationError` if this address cannot be added."""
    known = of(widget, address)
    if known is not None and known.stopped_at is not None:
        raise ValidationError(
            _(
                "This person has unsubscribed. If they ask for the emails again, remove them from "
                "the list first."
            )
        )
    if known is not None:
        raise ValidationError(_("This address is already in the list."))
    if TeamMailRecipient.objects.filter(widget=widget).count() >= MOST:
        raise ValidationError(
            _("There are %(count)d recipients already. Remove one first.") % {"count": MOST}
        )
