"""Give every event that was there before its id in the column where ids are looked for now."""

from django.db import migrations
from django.db.models import F


def name_events(apps, schema_editor):
    apps.get_model("messaging", "ReceivedEvent").objects.filter(ovice_id="").update(
        ovice_id=F("key")
    )


class Migration(migrations.Migration):
    dependencies = [("messaging", "0014_event_of_organization")]

    operations = [migrations.RunPython(name_events, migrations.RunPython.noop)]
