"""Delete requests, wake-up messages and the hits of limits between two measurements."""

import django

django.setup()

from django.db import connection  # noqa: E402
from huey.contrib.djhuey import HUEY  # noqa: E402

from callbacks.models import CallRequest, ConsentProof, LimitHit  # noqa: E402

ConsentProof.objects.all().delete()
CallRequest.objects.all().delete()
LimitHit.objects.all().delete()
HUEY.storage.flush_queue()
if connection.vendor == "postgresql":
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
