"""The queue of the site's processes, seen from a test."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from callbacks.worker.wakeup import huey_settings


def queue_at(url: str) -> Any:
    """The queue whose storage is at `url`, as the site has it, to put messages into."""
    options = huey_settings(url, secret_key=settings.SECRET_KEY, workers=1, ends_in=90)
    kind = import_string(options.pop("huey_class"))
    del options["consumer"]
    return kind(**options)
