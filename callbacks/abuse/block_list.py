"""The block list: numbers, beginnings of numbers, email domains, and IP addresses or networks.

It also has the email addresses to which no more emails are sent. These block no request.

One query decides whether a request is blocked. Before it, all keys under which the request could be
blocked are computed: one for each possible length of a prefix or a network. The keys are
fingerprints, so that an erasure can delete the number and keep "don't call" in force.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callbacks.accounts import audit_log
from callbacks.contact import email_addresses, french_plan, phone_numbers
from callbacks.contact.e164 import Number
from callbacks.core import clock, crypto, database, host_names, queries
from callbacks.core.statements import among
from callbacks.models import ApiKey, Block, BlockKind

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SQL = queries.load(__file__, "block_list.sql")
# The shortest prefix in digits, and the widest network in bits, by IP version. A shorter prefix
# would block a whole country, and a wider network a whole provider.
SHORTEST_PREFIX = 5
WIDEST_NETWORK = {4: 8, 6: 19}
# A masked prefix shows "+" and seven digits, which thousands of numbers share.
SHOWN_OF_PREFIX = 8


def normalised(kind: str, typed: Number) -> str:
    """Return the value in the form in which it is stored. `kind` is a `BlockKind`.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    text = str(typed).strip()
    if kind == BlockKind.NUMBER:
        found = phone_numbers.search_forms(text, ("FR",))
        if not found:
            raise ValidationError(_("This is not a phone number."))
        return found[0]
    if kind == BlockKind.PREFIX:
        text = french_plan.canonical_prefix(re.sub(r"[\s.()-]", "", text))
        if not re.fullmatch(rf"\+[1-9]\d{{{SHORTEST_PREFIX - 1},13}}", text, re.ASCII):
            raise ValidationError(
                _(
                    "Enter the beginning of the number in international format, at least 5 "
                    "digits, for example +336612."
                )
            )
        return text
    if kind == BlockKind.DOMAIN:
        text = text.rpartition("@")[2].lower()
        try:
            text = host_names.to_ascii(text)
            validate_domain_name(text)
        except (ValueError, ValidationError):
            raise ValidationError(_("This is not an email domain.")) from None
        return text
    if kind == BlockKind.MAIL:
        try:
            return email_addresses.clean(text)
        except email_addresses.EmailRefused as refused:
            raise ValidationError(str(refused.message)) from None
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValidationError(_("This is not an IP address or a network.")) from None
    if network.prefixlen < WIDEST_NETWORK[network.version]:
        raise ValidationError(_("This network is too large."))
    return str(network)


def key_of(kind: str, value: Number) -> str:
    """Return the keyed hash by which an entry is found; its `value` may be encrypted.

    `value` is what `normalised` returned.
    """
    if kind == BlockKind.MAIL:
        return mail_key(crypto.email_hash(str(value)))
    return f"{kind}:{crypto.fingerprint(f'block.{kind}', value)}"


def mail_key(email_hash: str) -> str:
    """Return the key of the entry that stops emails to the address with this `crypto.email_hash`.

    A link in an email names its recipient by this hash, also after the address was erased.
    """
    return f"{BlockKind.MAIL}:{email_hash}"


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
    value = normalised(kind, typed)
    with transaction.atomic():
        block, is_new = Block.objects.update_or_create(
            key=key_of(kind, value),
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
        key=mail_key(email_hash),
        defaults={"kind": BlockKind.MAIL, "value": email, "reason": reason, "created_at": now},
    )
    if not is_new and (block.author_id or block.api_key_id or block.until):
        Block.objects.filter(pk=block.pk).update(
            reason=reason, until=None, author=None, api_key=None, created_at=now
        )


def stops_mails(email_hash: str) -> bool:
    """Return whether an entry in force stops emails to the address with this hash."""
    return in_force(clock.now()).filter(key=mail_key(email_hash)).exists()


def add_many(entries: Sequence[tuple[str, str, str, datetime | None]], *, author: "User") -> None:
    """Add or renew all the entries in one query, or none of them.

    An entry is its kind, value, reason and end. Each value is what `normalised` returned, and no
    value occurs twice.
    """
    now = clock.now()
    with transaction.atomic():
        Block.objects.bulk_create(
            [
                Block(
                    key=key_of(kind, value),
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

    An entry that anybody has renewed or changed since then stays. `value` is what `normalised`
    returned.
    """
    mine = Block.objects.filter(key=key_of(kind, value), created_at=added_at, reason=reason)
    mine = mine.filter(author=None, api_key=None, until=None)
    return bool(mine.delete()[0])


def masked(block: Block) -> str:
    """Return the value of an entry for people and systems that may not see numbers.

    A number hides most of its digits, and so does a long beginning of numbers. Of an email address,
    the domain is shown.
    """
    value = str(block.value)
    if block.kind == BlockKind.NUMBER and value:
        return phone_numbers.masked(value)
    if block.kind == BlockKind.MAIL and value:
        return email_addresses.masked(value)
    if block.kind == BlockKind.PREFIX:
        return value[:SHOWN_OF_PREFIX] + "•" * len(value[SHOWN_OF_PREFIX:])
    return value


def is_blocked(*, number: Number = "", email: str = "", address: str = "") -> bool:
    """Return whether an entry in force covers the number (E.164), the email or the address."""
    keys = keys_of(number=number, email=email, address=address)
    return bool(database.execute(SQL["is_blocked"](keys=among(keys), now=clock.in_sql())).rows)


def in_force(now: datetime) -> QuerySet[Block]:
    """Return the entries in force."""
    return Block.objects.filter(Q(until=None) | Q(until__gt=now))


def keys_of(*, number: Number = "", email: str = "", address: str = "") -> list[str]:
    """Return every key under which an entry would cover the number, the email or the address."""
    return list(_keys(number, email, address))


def is_listed(kind: str, value: Number, now: datetime, *, reason: str) -> bool:
    """Return whether exactly this entry is in force at `now`, with this reason.

    `value` is what `normalised` returned.
    """
    return _in_force(kind, value, now).filter(reason=reason).exists()


def _in_force(kind: str, value: Number, now: datetime) -> QuerySet[Block]:
    """Return exactly this entry if it is in force at `now`."""
    return in_force(now).filter(key=key_of(kind, value))


def entry(kind: str, value: Number, now: datetime) -> Block | None:
    """Return exactly this entry if it is in force at `now`, else None.

    `value` is what `normalised` returned.
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
        keys.update([*_keys("", text, ""), key_of(BlockKind.MAIL, text)])
    elif any(character.isalpha() for character in text) and ":" not in text:
        keys.update(_keys("", f"@{text}", ""))
    else:
        for number in phone_numbers.search_forms(text, ("FR",)):
            keys.update(_keys(number, "", ""))
        for kind in (BlockKind.PREFIX, BlockKind.ADDRESS):
            with suppress(ValidationError):
                keys.add(key_of(kind, normalised(kind, text)))
        keys.update(_keys("", "", text))
    return Block.objects.filter(key__in=keys)


def _keys(number: Number, email: str, address: str) -> Iterator[str]:
    """Yield every key under which the number, the email or the address may be blocked."""
    if text := str(number):
        yield key_of(BlockKind.NUMBER, text)
        for length in range(SHORTEST_PREFIX + 1, len(text) + 1):
            yield key_of(BlockKind.PREFIX, text[:length])
    if email:
        yield from (key_of(BlockKind.DOMAIN, domain) for domain in _domains(email))
    if address:
        yield from (key_of(BlockKind.ADDRESS, network) for network in _networks(address))


def _domains(email: str) -> Iterable[str]:
    """Return the email's domain and each domain above it, except the top level alone."""
    domain = email.rpartition("@")[2].lower()
    with suppress(ValueError):  # not a host name, but a domain above it may be one
        domain = host_names.to_ascii(domain)
    labels = domain.split(".")
    return [".".join(labels[index:]) for index in range(len(labels) - 1)] or [domain]


def _networks(address: str) -> Iterable[str]:
    """Return the networks that contain the address, from the widest allowed to the single one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return []
    # The same texts as `str` of each network, without creating a hundred networks for every form.
    value, bits = int(ip), ip.max_prefixlen
    return [
        f"{type(ip)(value >> (bits - length) << (bits - length))}/{length}"
        for length in range(WIDEST_NETWORK[ip.version], bits + 1)
    ]
