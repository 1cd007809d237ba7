"""When a request's page was first viewed, and when its visitor put the number on the block list."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("callbacks", "0021_audit_in_words")]

    operations = [
        migrations.AddField(
            "callrequest", "viewed_at", models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddField(
            "callrequest", "blocked_at", models.DateTimeField(editable=False, null=True)
        ),
    ]
