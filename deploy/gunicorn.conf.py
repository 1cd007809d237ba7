"""Configure gunicorn: `gunicorn --config deploy/gunicorn.conf.py`, from any folder.

The address and the number of processes and threads come from the environment (`BIND`, `PORT`,
`WEB_PROCESSES`, `WEB_THREADS`; see docs/settings.md).
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
# If the application cannot be loaded, the master ends at once instead of trying for ever.
preload_app = True

# Seconds. A request takes milliseconds; the longest wait is for SQLite's lock, 20 s.
timeout = 60
graceful_timeout = 30
# Seconds. Longer than a proxy's pause between two requests on one connection.
keepalive = 15
# The heartbeat is a file, and writing it to a disk may block.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# Django decides which proxies to trust, by `TRUSTED_PROXY_COUNT`.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
# The control socket would be a file in the user's home folder.
control_socket_disable = True

# No access log, because addresses contain the tokens of requests. Errors go through the same
# logging as all other events, which removes personal data.
accesslog = None
logconfig_dict = settings.LOGGING | {
    "loggers": settings.LOGGING["loggers"]
    | {"gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True}}
}
