from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('callbacks', '0019_turns_served_and_whole_names'),
    ]

    operations = [
        # Nothing is released: a proof from before has no seal, and does not verify.
        migrations.AddField(
            model_name='consentproof',
            name='seal',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
    ]
