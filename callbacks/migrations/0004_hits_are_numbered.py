from itertools import count, groupby

from django.db import migrations, models


def number_hits(apps, schema_editor):
    """Gives the hits that there are their ordinals, oldest first within each key."""
    hits = apps.get_model("callbacks", "LimitHit").objects
    for _key, of_one_key in groupby(hits.order_by("key", "at", "pk"), lambda hit: hit.key):
        numbered = list(of_one_key)
        for hit, ordinal in zip(numbered, count(1)):
            hit.ordinal = ordinal
        hits.bulk_update(numbered, ["ordinal"], batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ('callbacks', '0003_privacy'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='limithit',
            name='limit_window',
        ),
        migrations.AddField(
            model_name='limithit',
            name='ordinal',
            field=models.PositiveBigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RunPython(number_hits, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='limithit',
            constraint=models.UniqueConstraint(fields=('key', 'ordinal'), name='hits_are_numbered'),
        ),
    ]
