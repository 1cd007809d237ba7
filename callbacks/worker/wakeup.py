"""Where the messages wait: Huey's settings, made from `QUEUE_URL`.

A message only says "there is work"; the truth is the table of requests. So Huey keeps no results,
and no message has to survive a power cut. If the storage is away, calls start some seconds later,
because housekeeping finds the requests.

`manage.py prepare_queue` creates the tables. Opening the storage never does, because the web
process must be able to start while the storage is away.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured

from callbacks.core.hidden_packages import hidden

# How long the storage may delay the answer to a visitor, in seconds.
STORAGE_TIMEOUT = 1
POSTGRESQL, REDIS = {"postgres", "postgresql"}, {"redis", "rediss", "unix"}
_CLIENTS = {"psycopg": POSTGRESQL, "redis": REDIS}  # packages, and the schemes that need them


def huey_settings(url: str, *, secret_key: str, workers: int, ends_in: float) -> dict[str, Any]:
    """Return Huey's settings for `url` (sqlite:///FILE, postgres://…, redis://… or unix://…).

    `workers` is the number of worker threads. `ends_in` is how many seconds a process that is told
    to end waits for the calls in hand.

    Raises:
        ImproperlyConfigured: `url` has another scheme.
    """
    scheme = urlsplit(url).scheme
    unused = [name for name, schemes in _CLIENTS.items() if scheme not in schemes]
    # Huey loads the clients of all its storages, 6 MB for each (measured).
    with hidden(*unused):
        from huey.serializer import SignedSerializer  # noqa: PLC0415
    common: dict[str, Any] = {
        "name": "callback",
        "results": False,
        "immediate": False,
        "utc": True,
        "serializer": SignedSerializer(secret=secret_key, salt="callback.queue"),
        "consumer": {
            "workers": workers,
            "worker_type": "thread",
            # The pause after the storage has failed. The wait for messages is made by `storages`;
            # it is as short after a quiet night as at any time.
            "initial_delay": 0.1,
            "backoff": 1,
            "max_delay": 0.1,
            "periodic": False,
            # On SIGTERM, a worker finishes the call in hand before it ends.
            "graceful_signal": "TERM",
            "shutdown_timeout": ends_in,
        },
    }
    if scheme == "sqlite":
        filename = url.removeprefix("sqlite:///")
        return common | {
            "huey_class": "callbacks.worker.storages.SqliteHuey",
            "filename": str(Path(filename)),
            "timeout": STORAGE_TIMEOUT,
            "fsync": False,
            "create_tables": False,
        }
    if scheme in POSTGRESQL:
        return common | {
            "huey_class": "callbacks.worker.storages.PostgresHuey",
            "dsn": url,
            "connect_timeout": 2,
            "tcp_user_timeout": 3000,
            "create_tables": False,
        }
    if scheme in REDIS:
        # Longer than Huey's blocking read of one second, or else every idle read would fail.
        timeouts = urlencode({"socket_connect_timeout": STORAGE_TIMEOUT, "socket_timeout": 3})
        separator = "&" if urlsplit(url).query else "?"
        return common | {
            "huey_class": "callbacks.worker.storages.RedisHuey",
            "url": f"{url}{separator}{timeouts}",
        }
    raise ImproperlyConfigured("QUEUE_URL must begin with sqlite://, postgres:// or redis://.")
