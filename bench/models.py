"""Tables of the designs that the product is compared with."""

from django.db import models
from django.utils.timezone import now


class PlainEvent(models.Model):
    """What the one-INSERT view stores: the body as it came."""

    body = models.TextField()
    received_at = models.DateTimeField(default=now)

    objects: models.Manager["PlainEvent"] = models.Manager()

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return f"event {self.pk}"


class ObviousDm(models.Model):
    """One DM in the obvious Celery design: a row, a task, a state."""

    recipient = models.CharField(max_length=64)
    text = models.TextField()
    state = models.CharField(max_length=16, default="pending", db_index=True)
    accepted_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)

    objects: models.Manager["ObviousDm"] = models.Manager()

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return f"DM {self.pk}"
