"""gunicorn's settings: `gunicorn --config deploy/gunicorn.conf.py`, from any folder.

Where it listens and how many processes and threads it has comes from the environment (`BIND`,
`PORT`, `WEB_PROCESSES`, `WEB_THREADS`; see docs/settings.md).
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callback_site.settings")

from django.conf import settings  # noqa: E402
from django.core.exceptions import ImproperlyConfigured  # noqa: E402

try:
    settings.SECRET_KEY  # noqa: B018 - reads the environment
except ImproperlyConfigured as error:
    sys.exit(f"Cannot start: {error}")

chdir = str(ROOT)
wsgi_app = "callback_site.wsgi"
bind = [
    f"[{settings.BIND}]:{settings.PORT}"
    if ":" in settings.BIND
    else f"{settings.BIND}:{settings.PORT}"
]
workers = settings.WEB_PROCESSES
worker_class = "callback_site.gunicorn_worker.BoundedWorker"
threads = settings.WEB_THREADS
# An application that cannot be loaded ends the master at once, instead of being tried for ever.
preload_app = True

# A request is answered in milliseconds; the longest wait is for SQLite's lock, 20 s.
timeout = 60
graceful_timeout = 30
# Longer than a proxy's pause between two requests on one connection.
keepalive = 15
# The heartbeat is a file; on a disk, writing it may block.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# Who stands in front is Django's to judge, by TRUSTED_PROXY_COUNT.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
# It would be a file in somebody's home.
control_socket_disable = True

# No access log: addresses hold the tokens of requests. Errors go the way of all events, and are
# scrubbed on it.
accesslog = None
logconfig_dict = settings.LOGGING | {
    "loggers": settings.LOGGING["loggers"]
    | {"gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True}}
}
