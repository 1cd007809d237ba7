"""The sites that may show a widget: the origins that the company lists.

An entry is an origin such as `https://www.example.fr`, with its port if that is unusual. It may
have a wildcard for subdomains: `https://*.example.fr`, which does not include `example.fr` itself.
These are the rules of `frame-ancestors` in a Content-Security-Policy.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from callbacks.core import host_names

LOCAL = re.compile(r"(localhost|127\.0\.0\.1|\[::1\]|[a-z0-9-]+\.localhost)\Z")
HOST = re.compile(
    r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"
)
DEFAULT_PORTS = {"http": 80, "https": 443}
MOST = 100
# The longest address of a page, in characters.
LONGEST_PAGE = 500


def normalised(typed: str) -> str:
    """Return the entry in the form in which it is stored and sent.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    text = typed.strip().lower()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValidationError(
            _("%(entry)s is not a web address."), params={"entry": typed[:100]}
        ) from None
    host = parts.hostname or ""
    if parts.scheme not in DEFAULT_PORTS:
        raise ValidationError(
            _("%(entry)s must begin with https://"), params={"entry": typed[:100]}
        )
    if parts.username or parts.password or parts.query or parts.fragment or parts.path not in "/":
        raise ValidationError(
            _("%(entry)s must end after the host name or the port."),
            params={"entry": typed[:100]},
        )
    try:
        host = ("*." if host.startswith("*.") else "") + (
            host_names.to_ascii(host.removeprefix("*."))
        )
    except ValueError:
        host = ""
    shown = f"[{host}]" if ":" in host else host
    if not HOST.match(host) and not LOCAL.match(shown):
        raise ValidationError(_("%(entry)s is not a host name."), params={"entry": typed[:100]})
    if host.startswith("*.") and host.count(".") < 2:
        raise ValidationError(
            _("%(entry)s would allow too many sites."), params={"entry": typed[:100]}
        )
    if parts.scheme == "http" and not LOCAL.match(shown):
        raise ValidationError(
            _(
                "%(entry)s must use https, because a page without it can be changed on its "
                "way to visitors."
            ),
            params={"entry": typed[:100]},
        )
    suffix = "" if port in {None, DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{shown}{suffix}"


def of_page(typed: str) -> str:
    """Return the origin of a page or site, as people type or paste it, in its stored form.

    Everything after the host and port is dropped. A host name alone counts as https.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    text = typed.strip()
    scheme, separator, rest = text.partition("://")
    if not separator:
        host = re.split(r"[/?#]", text, maxsplit=1)[0]
        return normalised(f"https://{host}" if "." in host else text)
    return normalised(f"{scheme}://{re.split(r'[/?#]', rest, maxsplit=1)[0]}")


def page(typed: str) -> str:
    """Return the https address of a page, as people type or paste it, in its stored form.

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    text = typed.strip()
    entry = {"entry": text[:100]}
    origin = of_page(text)
    if not origin.startswith("https://"):
        raise ValidationError(_("%(entry)s must begin with https://"), params=entry)
    if "*" in origin:
        raise ValidationError(_("%(entry)s is not a host name."), params=entry)
    after_scheme = text.partition("://")[2] or text
    rest = re.sub(r"\A[^/?#]*", "", after_scheme)
    try:
        address = f"{origin}{'' if rest.startswith('/') else '/'}{iri_to_uri(rest)}"
    except UnicodeEncodeError:
        raise ValidationError(_("%(entry)s is not a web address."), params=entry) from None
    if len(address) > LONGEST_PAGE:
        raise ValidationError(
            _("This address is longer than %(most)d characters."), params={"most": LONGEST_PAGE}
        )
    return address


def check(value: object) -> None:
    """Validate a widget's list: entries in stored form, no duplicates, at most 100 (`MOST`).

    Raises:
        ValidationError: with a sentence that says what is wrong.
    """
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValidationError(_("Enter a list of addresses."))
    if len(value) > MOST:
        raise ValidationError(_("Enter at most %(most)d addresses."), params={"most": MOST})
    for entry in value:
        if normalised(entry) != entry:
            raise ValidationError(
                _("Write %(entry)s as %(normal)s."),
                params={"entry": entry[:100], "normal": normalised(entry)},
            )
    if len(set(value)) != len(value):
        raise ValidationError(_("An address is listed twice."))


def allows(entries: Iterable[str], origin: str) -> bool:
    """Return whether a page of `origin` (`https://host[:port]`) may show the widget.

    `entries` are in their stored form. A text that is no origin is not allowed.
    """
    try:
        origin = normalised(origin)
    except ValidationError:
        return False
    scheme, __, host = origin.partition("://")
    for entry in entries:
        entry_scheme, __, entry_host = entry.partition("://")
        if entry == origin:
            return True
        if entry_host.startswith("*.") and entry_scheme == scheme:
            bare, __, port = entry_host[1:].partition(":")
            page_host, __, page_port = host.partition(":")
            if page_host.endswith(bare) and page_port == port:
                return True
    return False


def why_not(entries: Iterable[str], typed: str) -> str:
    """Return why a page may not show the widget, and what to do, in one sentence; "" if it may.

    `entries` is the list in its stored form. `typed` is the address of the page or of its site, as
    people type it.

    Raises:
        ValidationError: `typed` is not the address of a page or site.
    """
    entries = list(entries)
    origin = of_page(typed)
    if allows(entries, origin):
        return ""
    if not entries:
        return gettext("No site may show the widget: the list is empty. Add %(origin)s.") % {
            "origin": origin
        }
    host = _host(origin)
    for entry in entries:
        listed = _host(entry)
        names = {"origin": origin, "entry": entry, "host": host}
        if listed == host or (listed.startswith("*.") and host.endswith(listed[1:])):
            if entry.partition("://")[0] != origin.partition("://")[0]:
                return (
                    gettext("%(entry)s is listed, but with another scheme: add %(origin)s.") % names
                )
            return gettext("%(entry)s is listed, but with another port: add %(origin)s.") % names
        if listed == f"*.{host}":
            return (
                gettext(
                    "%(entry)s covers the subdomains of %(host)s, but not %(host)s itself: add "
                    "%(origin)s."
                )
                % names
            )
        if host.endswith(f".{listed}"):
            return (
                gettext(
                    "%(entry)s is listed, but not its subdomains: add %(origin)s, or begin the "
                    "entry with *. to allow all of them."
                )
                % names
            )
        if listed == f"www.{host}":
            return gettext("%(entry)s is listed, but not without www: add %(origin)s.") % names
    return gettext("%(origin)s is not in the list: add it.") % {"origin": origin}


def _host(origin: str) -> str:
    """Return the origin without its scheme and port."""
    return re.sub(r":\d+\Z", "", origin.partition("://")[2])


def frame_ancestors(entries: Iterable[str]) -> list[str]:
    """Return the sources of the `frame-ancestors` directive; `'none'` if no site may show it."""
    return list(entries) or ["'none'"]
