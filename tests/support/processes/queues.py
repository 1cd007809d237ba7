"""Give a test the queue of the site's processes."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from callbacks.worker.wakeup import huey_settings


def queue_at(url: str) -> Any:
    """Return the queue whose storage is at `url`, to put messages into it."""
    options = huey_settings(url, secret_key=settings.SECRET_KEY, workers=1, ends_in=90)
    kind = import_string(options.pop("huey_class"))
    del options["consumer"]
    return kind(**options)
