"""The block list: numbers, beginnings of numbers, email domains, and IP addresses or networks.

It also has the email addresses to which no more emails are sent. These block no request.

One query decides whether a request is blocked. Before it, all keys under which the request could be
blocked are computed (`block_keys`).
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from callbacks.abuse import block_keys
from callbacks.accounts import audit_log
from callbacks.contact import email_addresses, number_display, phone_numbers
from callbacks.contact.e164 import Number
from callbacks.core import clock, database, queries
from callbacks.core.statements import among
from callbacks.models import ApiKey, Block, BlockKind

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SQL = queries.load(__file__, "block_list.sql")
# A masked prefix shows "+" and seven digits, which thousands of numbers share.
SHOWN_OF_PREFIX = 8


def add(
    kind: str,
    typed: Number,
    *,
    reason: str = "",
    until: datetime | None = None,
    author: "User | None" = None,
    key: ApiKey | None = None,
) -> tuple[Block, bool]:
    """Add an entry, or renew the existing one; return it, and whether it is new.

    `until` None means for ever. `author` is the member of staff who adds it, `key` that of a system
    of the company. If both are None, a visitor does.

    Raises:
        ValidationError: the value is not of its kind.
    """
    value = block_keys.normalised(kind, typed)
    with transaction.atomic():
        block, is_new = Block.objects.update_or_create(
            key=block_keys.key_of(kind, value),
            defaults={
                "kind": kind,
                "value": value,
                "reason": reason[:200],
                "until": until,
                "author": author,
                "api_key": key,
                "created_at": clock.now(),
            },
        )
        if author or key:
            audit_log.record(author, audit_log.BLOCK, block, key=key.name if key else None)
    return block, is_new


def stop_mails(email_hash: str, email: str, *, reason: str) -> None:
    """Add the entry that stops emails to an address, at its owner's wish, for ever.

    `email` is "" if only the hash is known. An entry that staff or a system added becomes the
    owner's own, so that the system that added it can no longer remove it.
    """
    now = clock.now()
    block, is_new = Block.objects.get_or_create(
        key=block_keys.mail_key(email_hash),
        defaults={"kind": BlockKind.MAIL, "value": email, "reason": reason, "created_at": now},
    )
    if not is_new and (block.author_id or block.api_key_id or block.until):
        Block.objects.filter(pk=block.pk).update(
            reason=reason, until=None, author=None, api_key=None, created_at=now
        )


def stops_mails(email_hash: str) -> bool:
    """Return whether an entry in force stops emails to the address with this hash."""
    return in_force(clock.now()).filter(key=block_keys.mail_key(email_hash)).exists()


def add_many(entries: Sequence[tuple[str, str, str, datetime | None]], *, author: "User") -> None:
    """Add or renew all the entries in one query, or none of them.

    An entry is its kind, value, reason and end. Each value is what
    `block_keys.normalised` returned, and no value occurs twice.
    """
    now = clock.now()
    with transaction.atomic():
        Block.objects.bulk_create(
            [
                Block(
                    key=block_keys.key_of(kind, value),
                    kind=kind,
                    value=value,
                    reason=reason[:200],
                    until=until,
                    author=author,
                    created_at=now,
                )
                for kind, value, reason, until in entries
            ],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["kind", "value", "reason", "until", "author", "api_key", "created_at"],
        )
        audit_log.record(author, "block.import", entries=len(entries))


def lift(kind: str, value: Number, *, added_at: datetime, reason: str) -> bool:
    """Delete the entry that a visitor added at `added_at`; return whether it was still there.

    An entry that anybody has renewed or changed since then stays. `value` is what
    `block_keys.normalised` returned.
    """
    mine = Block.objects.filter(
        key=block_keys.key_of(kind, value), created_at=added_at, reason=reason
    )
    mine = mine.filter(author=None, api_key=None, until=None)
    return bool(mine.delete()[0])


def masked(block: Block) -> str:
    """Return the value of an entry for people and systems that may not see numbers.

    A number hides most of its digits, and so does a long beginning of numbers. Of an email address,
    the domain is shown.
    """
    value = str(block.value)
    if block.kind == BlockKind.NUMBER and value:
        return number_display.masked(value)
    if block.kind == BlockKind.MAIL and value:
        return email_addresses.masked(value)
    if block.kind == BlockKind.PREFIX:
        return value[:SHOWN_OF_PREFIX] + "•" * len(value[SHOWN_OF_PREFIX:])
    return value


def is_blocked(*, number: Number = "", email: str = "", address: str = "") -> bool:
    """Return whether an entry in force covers the number (E.164), the email or the address."""
    keys = block_keys.keys_of(number=number, email=email, address=address)
    return bool(database.execute(SQL["is_blocked"](keys=among(keys), now=clock.in_sql())).rows)


def in_force(now: datetime) -> QuerySet[Block]:
    """Return the entries in force."""
    return Block.objects.filter(Q(until=None) | Q(until__gt=now))


def is_listed(kind: str, value: Number, now: datetime, *, reason: str) -> bool:
    """Return whether exactly this entry is in force at `now`, with this reason.

    `value` is what `block_keys.normalised` returned.
    """
    return _in_force(kind, value, now).filter(reason=reason).exists()


def _in_force(kind: str, value: Number, now: datetime) -> QuerySet[Block]:
    """Return exactly this entry if it is in force at `now`."""
    return in_force(now).filter(key=block_keys.key_of(kind, value))


def entry(kind: str, value: Number, now: datetime) -> Block | None:
    """Return exactly this entry if it is in force at `now`, else None.

    `value` is what `block_keys.normalised` returned.
    """
    return _in_force(kind, value, now).first()


def about(typed: str) -> QuerySet[Block]:
    """Return the entries, in force or ended, that cover the text that staff typed.

    The text may be a number in any spelling, an email or its domain, an IP address or a network.
    For any other text there are none.
    """
    text = typed.strip()[:300]
    keys: set[str] = set()
    if "@" in text:
        keys.update([*block_keys.keys_of(email=text), block_keys.key_of(BlockKind.MAIL, text)])
    elif any(character.isalpha() for character in text) and ":" not in text:
        keys.update(block_keys.keys_of(email=f"@{text}"))
    else:
        for number in phone_numbers.search_forms(text, ("FR",)):
            keys.update(block_keys.keys_of(number=number))
        for kind in (BlockKind.PREFIX, BlockKind.ADDRESS):
            with suppress(ValidationError):
                keys.add(block_keys.key_of(kind, block_keys.normalised(kind, text)))
        keys.update(block_keys.keys_of(address=text))
    return Block.objects.filter(key__in=keys)
