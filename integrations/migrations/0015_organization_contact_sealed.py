"""A column of its own for whom members ask, so that the version before can go on reading its."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0014_removal_request_hash"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="contact_sealed",
            field=models.BinaryField(editable=False, null=True),
        ),
    ]
