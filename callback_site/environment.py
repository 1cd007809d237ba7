"""Reads the environment, and names the variable when it is missing or wrong.

Every setting that an operator may change comes from an environment variable; `docs/settings.md`
lists them. A wrong one raises `ImproperlyConfigured`, whose text names it: never a default that
hides the mistake.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

from callbacks.core import host_names

# After so long without an acknowledgement a PostgreSQL connection is given up, in milliseconds.
LOST_AFTER_MS = 10_000
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}


def read[T](reader: Callable[..., T], name: str, *args: Any, **kwargs: Any) -> T:
    """What `reader` (a method of environs' `Env`) makes of the variable `name`."""
    try:
        return reader(name, *args, **kwargs)
    except EnvError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def require(env: Env, names: Iterable[str]) -> None:
    """Raise `ImproperlyConfigured`, naming all variables of `names` that are missing or empty.

    All at once: whoever sets them up should not have to start again for each.
    """
    missing = [name for name in names if not read(env.str, name, "").strip()]
    if missing:
        *first, last = missing
        listed = f"{', '.join(first)} and {last} are" if first else f"{last} is"
        raise ImproperlyConfigured(f"{listed} not set (see Needed in docs/settings.md).")


def number_between(env: Env, name: str, default: float, low: float, high: float) -> float:
    """A number of the environment, refused outside `low` to `high`."""
    value = read(env.float, name, default)
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must be between {low:g} and {high:g}, not {value:g}.")
    return value


def whole_number_between(env: Env, name: str, default: int, low: int, high: int) -> int:
    """A whole number of the environment, refused outside `low` to `high`."""
    value = read(env.int, name, default)
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must be between {low} and {high}, not {value}.")
    return value


def rate(env: Env, name: str, default: str) -> str:
    """So many in so long, as django-ratelimit reads it: `300/h`, `20/10m`; s, m, h and d."""
    value = read(env.str, name, default)
    if not re.fullmatch("[0-9]+/(?:[1-9][0-9]*)?[smhd]", value):
        raise ImproperlyConfigured(f"{name} must be written like 300/h or 20/10m, not {value!r}.")
    return value


def web_address(env: Env, name: str, default: str, *, secret: bool = False) -> str:
    """An http(s) address without a trailing slash.

    With `secret`, plain http is allowed on this machine only: credentials travel to that address.
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
    """Return the address that the site is reached at: scheme, host and port, the host in ASCII as
    browsers send it.

    Raises ImproperlyConfigured for anything more: every page is at the root of its host.
    """
    value = web_address(env, name, default)
    parts = urlsplit(value)
    if parts.path or parts.query:
        raise ImproperlyConfigured(
            f"{name} must be a scheme, a host and a port only, such as "
            "https://callback.example.fr, without a path. Give the site its own host name."
        )
    host, port = parts.hostname or "", parts.port
    shown = f"[{host}]" if ":" in host else host_name(name, host)
    return f"{parts.scheme}://{shown}" + ("" if port is None else f":{port}")


def host_name(name: str, host: str) -> str:
    """Return a host name in ASCII, as it stands in a request; a dot before it, which stands for
    every name below it, stays. Raises ImproperlyConfigured."""
    dot = "." if host.startswith(".") else ""
    try:
        return dot + host_names.to_ascii(host.removeprefix("."))
    except ValueError:
        raise ImproperlyConfigured(f"{name}: {host[:100]!r} is not a host name.") from None


def longest_turn(connect_timeout: float, read_timeout: float) -> float:
    """Return the seconds that a worker's turn takes at most, by the service's time-outs.

    Waiting for a token and fetching one take both time-outs each, an attempt takes both and 5 s
    more, and 60 s are for a database that is away: an answer that waits longer while the process
    is told to end is left to housekeeping. A test holds this to the code.
    """
    return 3 * (connect_timeout + read_timeout) + 5 + 60


def statuses(env: Env, name: str) -> list[int]:
    """Statuses that may be vouched for: 408, 425 and 500 to 599, comma-separated."""
    found = read(env.list, name, [], subcast=int)
    for status in found:
        if status not in {408, 425} and not 500 <= status <= 599:
            raise ImproperlyConfigured(
                f"{name} may contain 408, 425 and 500 to 599, separated by commas, not {status}."
            )
    return [int(status) for status in found]


def encryption_keys(env: Env) -> list[str]:
    """The Fernet keys of `ENCRYPTION_KEYS`, comma-separated, the newest first."""
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
    """Django's database setting from `DATABASE_URL`; a SQLite file when there is none."""
    url = read(env.str, "DATABASE_URL", f"sqlite:///{base_dir / 'var' / 'db.sqlite3'}")
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL is not valid: {error}") from None
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["ENGINE"] = "callback_site.sqlite"
        # FULL: a claim must survive power loss. IMMEDIATE: a writer waits for its turn at the
        # beginning, and so what it reads inside is still true when it writes.
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": options.get("timeout", 20),
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        config["CONN_MAX_AGE"] = None
    elif config["ENGINE"] == "django.db.backends.postgresql":
        config["ENGINE"] = "callback_site.postgresql"
        options.setdefault("connect_timeout", 5)
        # A machine that vanished answers nothing, not even "closed": without this, whoever waits
        # for it waits for a quarter of an hour.
        options.setdefault("tcp_user_timeout", LOST_AFTER_MS)
        # Of several hosts the one that can be written to; a standby is no use to us.
        options.setdefault("target_session_attrs", "read-write")
        # Kept over a quiet hour: a new one would cost the first call afterwards more than all else.
        config["CONN_MAX_AGE"] = 3600
        # Or what lies between may forget it.
        options.setdefault("keepalives_idle", 60)
        config["CONN_HEALTH_CHECKS"] = True
        # PgBouncer in transaction mode carries none. What reads many rows reads them in pages.
        config["DISABLE_SERVER_SIDE_CURSORS"] = True
        # Several statements are sent as one message (`callbacks.core.database.run`).
        options["server_side_binding"] = False
    else:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:// or postgres://.")
    return config


def cache(env: Env) -> dict[str, Any]:
    """Django's cache setting from `CACHE_URL`: empty for the process's own, or a Redis."""
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
