"""Add a column and an index to a table that the site always uses."""

from django.db import migrations, models

from callbacks.core.concurrent_indexes import AddIndexConcurrently, RemoveIndexConcurrently
from tests.support.next_version import PREVIOUS

_INDEX = models.Index(fields=["next_version"], name="next_version")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("callbacks", PREVIOUS)]
    operations = [
        migrations.AddField(
            "callrequest", "next_version", models.CharField(max_length=9, null=True)
        ),
        AddIndexConcurrently("callrequest", _INDEX),
        RemoveIndexConcurrently("callrequest", "next_version"),
        AddIndexConcurrently("callrequest", _INDEX),
    ]
