"""The keys under which the block list is searched, and the values from which they are computed.

A key is a fingerprint, so that an erasure can delete the number and keep "don't call" in force. A
request may be blocked under many keys: one for each possible length of a prefix or a network.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name
from django.utils.translation import gettext_lazy as _

from callbacks.contact import email_addresses, french_plan, phone_numbers
from callbacks.contact.e164 import Number
from callbacks.core import crypto, host_names
from callbacks.models import BlockKind

# The shortest prefix in digits, and the widest network in bits, by IP version. A shorter prefix
# would block a whole country, and a wider network a whole provider.
SHORTEST_PREFIX = 5
WIDEST_NETWORK = {4: 8, 6: 19}


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


def keys_of(*, number: Number = "", email: str = "", address: str = "") -> list[str]:
    """Return every key under which an entry would cover the number, the email or the address."""
    return list(_keys(number, email, address))


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
