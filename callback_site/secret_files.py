"""Read secrets from files, as container platforms pass them: `SECRET_KEY_FILE=/run/secrets/key`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# Each may also be the path of a file that contains it: `SECRET_KEY_FILE` for `SECRET_KEY`.
SECRETS = (
    "SECRET_KEY",
    "HASH_KEY",
    "ENCRYPTION_KEYS",
    "UHLIVE_CLIENT_SECRET",
    "UHLIVE_WEBHOOK_SECRET",
    "DATABASE_URL",
    "QUEUE_URL",
    "CACHE_URL",
    "EMAIL_PASSWORD",
    "HEARTBEAT_URL",
    "METRICS_TOKEN",
    "SENTRY_DSN",
    "OTEL_EXPORTER_OTLP_HEADERS",
)


@contextmanager
def contents(name: str) -> Iterator[None]:
    """Inside the block, let the variable of a secret contain what its file contains.

    It is removed again, so that processes that we start do not inherit the secret, and read the
    file themselves.

    Raises:
        ImproperlyConfigured: the variable and its file are both set, or the file cannot be read.
    """
    path = os.environ.get(f"{name}_FILE", "") if name in SECRETS else ""
    if not path:
        yield
        return
    if name in os.environ:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set. Remove one of them.")
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE: {path} cannot be read ({error.strerror})."
        ) from None
    except ValueError:
        raise ImproperlyConfigured(f"{name}_FILE: {path} is no text.") from None
    if not text or "\0" in text:
        raise ImproperlyConfigured(f"{name}_FILE: {path} is empty, or is no text.")
    os.environ[name] = text
    try:
        yield
    finally:
        del os.environ[name]
