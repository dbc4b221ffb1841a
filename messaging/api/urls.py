"""The connector API that ovice calls."""

from django.urls import path

from messaging.api.views import receive_event

urlpatterns = [path("ovice/events", receive_event, name="ovice-events")]
