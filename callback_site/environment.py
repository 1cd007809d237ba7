"""Read the environment, and name the variable that is missing or wrong.

Every setting that an operator may change comes from an environment variable; `docs/settings.md`
lists them. A wrong one raises `ImproperlyConfigured`, whose text names the variable. No default
hides a mistake.
"""

import os
import re
import string
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from environs import Env, EnvError

from callback_site import secret_files
from callbacks.core import host_names

# A PostgreSQL connection without an acknowledgement for this long is given up. In milliseconds.
LOST_AFTER_MS = 10_000
HOST_CHARACTERS = set(string.ascii_lowercase + string.digits + ".-_")
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}


# The value of each variable that was read, for `manage.py show_settings`.
VALUES: dict[str, object] = {}


def read[T](reader: Callable[..., T], name: str, *args: Any, **kwargs: Any) -> T:
    """Return the variable `name` as `reader`, a method of `environs.Env`, reads it.

    The first of `args` is the default.

    Raises:
        ImproperlyConfigured: the value is wrong, or it is empty and the default is not. An empty
            `HASH_KEY` would be a key that everybody knows, and an empty `BIND` all addresses of
            this machine. The text names the variable.
    """
    with secret_files.contents(name):
        if any(args[:1]) and not os.environ.get(name, "not set").strip():
            raise ImproperlyConfigured(f"{name} is empty. Give it a value, or remove it.")
        try:
            value = reader(name, *args, **kwargs)
        except EnvError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from None
    VALUES[name] = value
    return value


def need_package(variable: str, package: str) -> None:
    """Raise `ImproperlyConfigured` if the package that a variable needs is not installed."""
    if find_spec(package) is None:
        raise ImproperlyConfigured(
            f"{variable} is set, but a package that it needs is not installed. Run "
            f"sh deploy/venv.sh requirements-monitoring.txt, or remove {variable}."
        )


def sentry_dsn(env: Env, name: str) -> str:
    """Return the DSN of a Sentry project in the variable `name`, or "" if it is not set."""
    dsn: str = read(env.str, name, "")
    if dsn:
        need_package(name, "sentry_sdk")
        from sentry_sdk.utils import BadDsn, Dsn  # noqa: PLC0415 - may be absent

        try:
            Dsn(dsn)
        except BadDsn:
            raise ImproperlyConfigured(f"{name} is no DSN of a Sentry project.") from None
    return dsn


def require(env: Env, names: Iterable[str]) -> None:
    """Raise `ImproperlyConfigured` if variables are missing or empty, and name all of them.

    They are named together, so that an operator does not have to start again for each one.
    """
    missing = [name for name in names if not read(env.str, name, "").strip()]
    if missing:
        *first, last = missing
        listed = f"{', '.join(first)} and {last} are" if first else f"{last} is"
        raise ImproperlyConfigured(f"{listed} not set (see Needed in docs/settings.md).")


def number_between(env: Env, name: str, default: float, low: float, high: float) -> float:
    """Return the number in the variable `name`; refuse one outside `low` to `high`."""
    value = read(env.float, name, default)
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must be between {low:g} and {high:g}, not {value:g}.")
    return value


def whole_number_between(env: Env, name: str, default: int, low: int, high: int) -> int:
    """Return the whole number in the variable `name`; refuse one outside `low` to `high`."""
    value = read(env.int, name, default)
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must be between {low} and {high}, not {value}.")
    return value


def rate(env: Env, name: str, default: str) -> str:
    """Return a rate as django-ratelimit writes it: `300/h`, `20/10m`; units s, m, h and d."""
    value = read(env.str, name, default)
    if not re.fullmatch("[0-9]+/(?:[1-9][0-9]*)?[smhd]", value):
        raise ImproperlyConfigured(f"{name} must be written like 300/h or 20/10m, not {value!r}.")
    return value


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


def longest_placing(connect_timeout: float, read_timeout: float) -> float:
    """Return how many seconds a worker may need to place one call, from the service's time-outs.

    Waiting for another thread's token takes both time-outs, fetching a token takes both, and an
    attempt takes both and 5 s more. Another 60 s are for a database that is away. If an answer
    waits longer than that while the process is told to end, housekeeping ends its attempt. A test
    compares this sum with the code.
    """
    return 3 * (connect_timeout + read_timeout) + 5 + 60


def statuses(env: Env, name: str) -> list[int]:
    """Return the HTTP statuses in the variable `name`, separated by commas.

    They are those that the operator declares to mean that no call was started. Only 408, 425 and
    500 to 599 are allowed.
    """
    found = read(env.list, name, [], subcast=int)
    for status in found:
        if status not in {408, 425} and not 500 <= status <= 599:
            raise ImproperlyConfigured(
                f"{name} may contain 408, 425 and 500 to 599, separated by commas, not {status}."
            )
    return [int(status) for status in found]


def emails(env: Env, name: str) -> list[str]:
    """Return the email addresses in the variable `name`, separated by commas.

    Raises:
        ImproperlyConfigured: one is no address. The text gives its place, and not the address.
    """
    found = [text.strip() for text in read(env.list, name, []) if text.strip()]
    for place, text in enumerate(found, start=1):
        try:
            validate_email(text)
        except ValidationError:
            raise ImproperlyConfigured(
                f"{name} must contain email addresses, separated by commas: number {place} of "
                f"{len(found)} is not one."
            ) from None
    return found


def secret(env: Env, name: str, *, at_least: int) -> str:
    """Return the secret in the variable `name`, or "" if it is not set.

    Raises:
        ImproperlyConfigured: it is shorter than `at_least` characters.
    """
    value = read(env.str, name, "").strip()
    if value and len(value) < at_least:
        raise ImproperlyConfigured(f"{name} must be at least {at_least} random characters.")
    return value


def time_zone(env: Env, name: str, default: str) -> str:
    """Return the name of a time zone that this machine knows, such as `Europe/Paris`."""
    value = read(env.str, name, default)
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ImproperlyConfigured(
            f"{name} must be a time zone such as Europe/Paris, not {value[:100]!r}."
        ) from None
    return value


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


def encryption_keys(env: Env) -> list[str]:
    """Return the Fernet keys in `ENCRYPTION_KEYS`, separated by commas, the newest first."""
    keys = read(env.list, "ENCRYPTION_KEYS", [])
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                "ENCRYPTION_KEYS must contain Fernet keys (manage.py new_encryption_key makes one)."
            ) from None
    return [str(key) for key in keys]


def database(env: Env, base_dir: Path) -> dict[str, Any]:
    """Return Django's database setting from `DATABASE_URL`; by default, a SQLite file."""
    url = read(env.str, "DATABASE_URL", f"sqlite:///{base_dir / 'var' / 'db.sqlite3'}")
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL is not valid: {error}") from None
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["ENGINE"] = "callback_site.sqlite"
        # FULL: a claim must survive a power cut. IMMEDIATE: a writer waits for its turn when its
        # transaction begins, so what it has read is still true when it writes.
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": options.get("timeout", 20),
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        config["CONN_MAX_AGE"] = None
    elif config["ENGINE"] == "django.db.backends.postgresql":
        config["ENGINE"] = "callback_site.postgresql"
        options.setdefault("connect_timeout", 5)
        # A machine that has vanished does not even send "closed". Without this limit, a process
        # that waits for it would wait for a quarter of an hour.
        options.setdefault("tcp_user_timeout", LOST_AFTER_MS)
        # Of several hosts, the one that can be written to. A standby is of no use to us.
        options.setdefault("target_session_attrs", "read-write")
        # Kept during a quiet hour. Opening a new connection would be the slowest part of the first
        # call after it.
        config["CONN_MAX_AGE"] = 3600
        # Without keepalives, a firewall in between may forget the connection.
        options.setdefault("keepalives_idle", 60)
        config["CONN_HEALTH_CHECKS"] = True
        # PgBouncer in transaction mode has no server-side cursors. Many rows are read in pages.
        config["DISABLE_SERVER_SIDE_CURSORS"] = True
        # Off, because several statements are sent as one message (`callbacks.core.database.run`).
        options["server_side_binding"] = False
    else:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:// or postgres://.")
    return config


def cache(env: Env) -> dict[str, Any]:
    """Return Django's cache setting from `CACHE_URL`: Redis, or the process's memory if empty."""
    url = read(env.str, "CACHE_URL", "")
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured(
            "CACHE_URL must be empty, or begin with redis://, rediss:// or unix://."
        )
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
