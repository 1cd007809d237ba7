"""The entry point of the web process: `application` is a WSGI application."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from callback_site.bodies import whole, without_body_of_head
from callback_site.durability import refuse_at_start
from callback_site.headers import always

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callback_site.settings")

_django = get_wsgi_application()
try:
    refuse_at_start()
except ImproperlyConfigured as error:
    sys.exit(f"Cannot start: {error}")
application = without_body_of_head(always(whole(_django)))
