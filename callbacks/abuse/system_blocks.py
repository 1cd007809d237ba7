"""What a system of the company adds to the block list, and removes from it, with its API key.

A machine may make fewer calls happen, but never undoes what a person wanted: it shortens no entry,
and removes none that a visitor asked for.
"""

from datetime import datetime

from django.db import transaction

from callbacks.abuse import block_keys, block_list
from callbacks.accounts import audit_log
from callbacks.contact.e164 import Number
from callbacks.core import clock
from callbacks.models import ApiKey, Block, BlockKind


class AskedByVisitor(Exception):
    """A visitor asked for this entry, so only staff may remove it."""


def add(
    key: ApiKey, kind: BlockKind, typed: Number, *, reason: str, until: datetime | None
) -> tuple[Block, bool]:
    """Add an entry; return it, and whether it is new. `until` None means for ever.

    An entry in force that ends as late or later stays as it is.

    Raises:
        ValidationError: the value is not of its kind.
    """
    value = block_keys.normalised(kind, typed)
    with transaction.atomic():
        entries = block_list.in_force(clock.now()).select_for_update(of=("self",))
        entry = entries.filter(key=block_keys.key_of(kind, value)).first()
        if entry and (entry.until is None or (until is not None and entry.until >= until)):
            return entry, False
        return block_list.add(kind, value, reason=reason, until=until, key=key)


def remove(key: ApiKey, entry: Block) -> bool:
    """Remove an entry; return False if it was removed or renewed meanwhile.

    Raises:
        AskedByVisitor: a visitor asked for it.
    """
    if entry.author_id is None and entry.api_key_id is None:
        raise AskedByVisitor
    with transaction.atomic():
        done = bool(Block.objects.filter(pk=entry.pk, created_at=entry.created_at).delete()[0])
        if done:
            audit_log.record(None, "block.delete", entry, key=key.name)
    return done
