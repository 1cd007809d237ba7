"""Read where the database and the cache are, and set how they are used."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from callback_site.environment import read

# A PostgreSQL connection without an acknowledgement for this long is given up. In milliseconds.
LOST_AFTER_MS = 10_000


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
