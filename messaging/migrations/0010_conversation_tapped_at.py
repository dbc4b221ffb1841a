from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0009_canary")]

    operations = [
        migrations.AddField(
            "conversation", "tapped_at", models.DateTimeField(blank=True, null=True)
        ),
    ]
