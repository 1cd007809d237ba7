"""The web process's entry point."""

import os

from django.core.wsgi import get_wsgi_application

from callback_site.bodies import whole

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callback_site.settings")

application = whole(get_wsgi_application())
