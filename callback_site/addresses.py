"""Read addresses from the environment: of web pages, of hosts and of networks."""

import string
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env

from callback_site.environment import read
from callbacks.core import host_names

HOST_CHARACTERS = set(string.ascii_lowercase + string.digits + ".-_")
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}


def web_address(env: Env, name: str, default: str, *, secret: bool = False) -> str:
    """Return an http(s) address without a trailing slash.

    With `secret`, credentials are sent to that address: plain http is then allowed only for this
    machine.
    """
    value = read(env.str, name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a web address: {value!r}.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ImproperlyConfigured(f"{name} must be an http or https address, not {value!r}.")
    if parts.username or parts.password or parts.fragment:
        raise ImproperlyConfigured(
            f"{name} must not contain a user name, a password or a fragment."
        )
    if secret and parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ImproperlyConfigured(
            f"{name} must begin with https, because secrets are sent there. "
            "Plain http is allowed for this machine only (localhost)."
        )
    return value


def site_address(env: Env, name: str, default: str) -> str:
    """Return the address of the site: scheme, host and port, the host in ASCII as browsers send it.

    Raises:
        ImproperlyConfigured: it has a path or a query. Every page is at the root of its host.
    """
    value = web_address(env, name, default)
    parts = urlsplit(value)
    if parts.path or parts.query:
        raise ImproperlyConfigured(
            f"{name} must be a scheme, a host and a port only, such as "
            "https://callback.example.fr, without a path. Give the site its own host name."
        )
    host, port = host_name(name, parts.hostname or ""), parts.port
    return f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


def host_name(name: str, host: str) -> str:
    """Return a host name in ASCII, as requests contain it.

    A dot at the beginning stands for every name below it, and is kept. So is Django's "*". An IPv6
    address is returned in brackets.

    Raises:
        ImproperlyConfigured: this is no host name.
    """
    if host == "*":
        return host
    with suppress(ValueError):
        return f"[{IPv6Address(host.strip('[]'))}]"
    dot = "." if host.startswith(".") else ""
    try:
        found = host_names.to_ascii(host.removeprefix("."))
    except ValueError:
        found = ""
    if not found or set(found) - HOST_CHARACTERS:
        raise ImproperlyConfigured(f"{name}: {host[:100]!r} is not a host name.")
    return dot + found


def networks(env: Env, name: str) -> list[IPv4Network | IPv6Network]:
    """Return the IP addresses and networks in the variable `name`, separated by commas."""
    found = []
    for text in filter(None, map(str.strip, read(env.list, name, []))):
        try:
            found.append(ip_network(text))
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must contain IP addresses or networks such as 10.0.0.0/8, separated by "
                f"commas, not {text[:100]!r}."
            ) from None
    return found
