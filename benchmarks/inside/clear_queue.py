"""Between two measurements: takes away what waits, its wake-ups and what limits have counted."""

import django

django.setup()

from django.db import connection  # noqa: E402
from huey.contrib.djhuey import HUEY  # noqa: E402

from callbacks.models import CallRequest, LimitHit  # noqa: E402

CallRequest.objects.all().delete()
LimitHit.objects.all().delete()
HUEY.storage.flush_queue()
if connection.vendor == "postgresql":
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
