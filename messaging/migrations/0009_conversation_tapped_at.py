from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0008_incident")]

    operations = [
        migrations.AddField(
            "conversation", "tapped_at", models.DateTimeField(blank=True, null=True)
        ),
    ]
