"""What became of each DM, without its text: for owners their own, for support everybody's."""

from messaging.admin import deliveries, events, received

__all__ = ["deliveries", "events", "received"]
