"""The connector API that ovice calls."""

from django.urls import path

from messaging.api.views import receive_batch, receive_event

urlpatterns = [
    path("ovice/events", receive_event, name="ovice-events"),
    path("ovice/events/batch", receive_batch, name="ovice-events-batch"),
]
