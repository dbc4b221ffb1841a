"""The obvious Celery design: a task per DM on a thread pool, ``requests.post``, the ORM.

It is what one writes first, with Celery's own defaults, and what the relay is compared with. It
keeps no order, sends a DM twice or never when a worker dies, and loses what the broker loses.
"""

import os

import requests
from celery import Celery
from django.conf import settings
from django.utils.timezone import now

from bench.models import ObviousDm

app = Celery("obvious", broker=settings.CELERY_BROKER_URL)
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)
TOKEN = "token"  # noqa: S105 - the responder looks at none


@app.task(name="bench.send", max_retries=5)
def send(pk: int) -> None:
    """Send one DM and note that it was sent."""
    dm = ObviousDm.objects.get(pk=pk)
    answer = requests.post(
        f"{os.environ['WORKPLACE_GRAPH_URL']}/me/messages",
        json={"recipient": {"id": dm.recipient}, "message": {"text": dm.text}},
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=10,
    )
    answer.raise_for_status()
    dm.state, dm.sent_at = "sent", now()
    dm.save()
