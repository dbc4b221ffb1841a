"""The connector API that ovice calls."""

from django.urls import path

from messaging.api.connection import connection
from messaging.api.links import link, links
from messaging.api.openapi import openapi, reference
from messaging.api.views import receive_batch, receive_event

urlpatterns = [
    path("docs", reference, name="reference"),
    path("openapi.json", openapi, name="openapi"),
    path("ovice/events", receive_event, name="ovice-events"),
    path("ovice/events/batch", receive_batch, name="ovice-events-batch"),
    path("organizations/<str:org>/users/<str:user>/link", link, name="link-state"),
    path("organizations/<str:org>/links/batch-get", links, name="link-states"),
    # The other spelling of the first draft of the contract.
    path("organizations/<str:org>/links:batchGet", links),
    path("organizations/<str:org>/connection", connection, name="connection-state"),
]
