"""Create, find, rotate and revoke API keys.

The secret is random (256 bits), so a plain SHA-256 protects it: nobody can try all secrets.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from callbacks.accounts import audit_log
from callbacks.core import clock
from callbacks.models import ApiKey, Scope, Widget

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# People and programs that search for leaked secrets recognise the key by it. So do our logs
# (`core.redaction`).
PREFIX = "cbk_"
LONGEST_SECRET = 100
# What a person needs to give a key each scope, so that no key may do more than its creator.
_NEEDED = {
    Scope.READ: ("view_callrequest",),
    Scope.WRITE: ("act_on_callrequest",),
    Scope.BLOCKS: ("view_block",),
    Scope.BLOCKS_WRITE: ("add_block", "delete_block"),
    Scope.NUMBERS: ("unmask_callrequest",),
}
USE_NOTED_EVERY = timedelta(minutes=1)


def create(
    name: str,
    scopes: Iterable[Scope],
    widget: Widget | None,
    *,
    person: "User | None" = None,
    operator: str | None = None,
) -> tuple[ApiKey, str]:
    """Create a key; return it with its secret, which nobody can read again later.

    `widget` is None for a key for all widgets. `operator` is who runs the command.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name,
            widget=widget,
            scopes=sorted({str(scope) for scope in scopes}),
            digest=_digest(secret),
            ending=secret[-4:],
            created_at=clock.now(),
        )
        audit_log.record(
            person,
            audit_log.KEY_CREATED,
            key,
            scopes=key.scopes,
            only_widget=widget.name if widget else None,
            operator=operator,
        )
    return key, secret


def may_grant(person: "User", scope: Scope) -> bool:
    """Return whether the person may create a key with this scope: one that they have themselves."""
    return all(person.has_perm(f"callbacks.{name}") for name in _NEEDED[scope])


def find(secret: str) -> ApiKey | None:
    """Return the key with this secret and its widget, or None if there is none or it is revoked.

    After a rotation, the previous secret leads to the key until its time is over.
    """
    if not secret.startswith(PREFIX) or len(secret) > LONGEST_SECRET:
        return None
    digest = _digest(secret)
    keys = ApiKey.objects.select_related("widget").filter(revoked_at=None)
    key = keys.filter(Q(digest=digest) | Q(previous_digest=digest)).first()
    if key is None or key.digest == digest:
        return key
    return key if key.previous_until and clock.now() < key.previous_until else None


def note_use(key: ApiKey) -> None:
    """Store that the key was used now, unless it was stored within the last minute."""
    now = clock.now()
    before = now - USE_NOTED_EVERY
    if key.last_used_at is None or not before < key.last_used_at <= now:
        old = Q(last_used_at=None) | ~Q(last_used_at__gt=before, last_used_at__lte=now)
        ApiKey.objects.filter(old, pk=key.pk).update(last_used_at=now)


def rotate(key: ApiKey, until: datetime, *, operator: str | None = None) -> str | None:
    """Give the key a new secret and return it; the present one works until `until`.

    An even earlier secret stops working at once. Return None if the key was revoked, or rotated
    since it was read. `operator` is who runs the command.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        as_read = ApiKey.objects.filter(pk=key.pk, digest=key.digest, revoked_at=None)
        done = as_read.update(
            digest=_digest(secret),
            ending=secret[-4:],
            previous_digest=key.digest,
            previous_ending=key.ending,
            previous_until=until,
        )
        if done:
            audit_log.record(
                None, audit_log.KEY_ROTATED, key, until=until.isoformat(), operator=operator
            )
    return secret if done else None


def revoke(key: ApiKey, *, person: "User | None" = None, operator: str | None = None) -> bool:
    """Revoke the key with all its secrets, at once and for good.

    Return False if it was revoked before.
    """
    with transaction.atomic():
        active = ApiKey.objects.filter(pk=key.pk, revoked_at=None)
        done = bool(active.update(revoked_at=clock.now()))
        if done:
            audit_log.record(person, audit_log.KEY_REVOKED, key, operator=operator)
    return done


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
