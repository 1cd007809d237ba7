"""Where the wake-ups wait: Huey's storage, from `QUEUE_URL`.

A message says only "there is work"; the truth is the request table. So no results are kept, no
message needs to survive a power cut, and the storage being away costs seconds: housekeeping finds
the rows. The tables are made by `manage.py prepare_queue`, never by opening the storage, because
the web process must start while the storage is away.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured
from huey.serializer import SignedSerializer

# A wake-up may hold up the visitor's answer for this long at most, in seconds.
STORAGE_TIMEOUT = 1


def huey_settings(url: str, *, secret_key: str, workers: int, ends_in: float) -> dict[str, Any]:
    """Huey's settings for `url` (sqlite:///FILE, postgres://…, redis://…).

    `ends_in`: how long a worker that is told to end waits for the calls in hand, in seconds.
    """
    scheme = urlsplit(url).scheme
    common: dict[str, Any] = {
        "name": "callback",
        "results": False,
        "immediate": False,
        "utc": True,
        "serializer": SignedSerializer(secret=secret_key, salt="callback.queue"),
        "consumer": {
            "workers": workers,
            "worker_type": "thread",
            # How long to wait after the storage has failed. (Waiting for messages is the
            # storages' own affair, see `storages`; it takes no longer after a quiet night.)
            "initial_delay": 0.1,
            "backoff": 1,
            "max_delay": 0.1,
            "periodic": False,
            # SIGTERM lets the call in hand end.
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
    if scheme in {"postgres", "postgresql"}:
        return common | {
            "huey_class": "callbacks.worker.storages.PostgresHuey",
            "dsn": url,
            "connect_timeout": 2,
            "tcp_user_timeout": 3000,
            "create_tables": False,
        }
    if scheme in {"redis", "rediss", "unix"}:
        # Longer than Huey's blocking read of one second, or every idle read would fail.
        timeouts = urlencode({"socket_connect_timeout": STORAGE_TIMEOUT, "socket_timeout": 3})
        separator = "&" if urlsplit(url).query else "?"
        return common | {
            "huey_class": "callbacks.worker.storages.RedisHuey",
            "url": f"{url}{separator}{timeouts}",
        }
    raise ImproperlyConfigured("QUEUE_URL must begin with sqlite://, postgres:// or redis://.")
