"""Deliveries in the portal, without text: owners see their own, support sees all."""

from messaging.admin import deliveries, events, received

__all__ = ["deliveries", "events", "received"]
