"""The portal's pages on organizations, their connections and their people."""

from accounts.admin import connections, history, organizations, people, removals

__all__ = ["connections", "history", "organizations", "people", "removals"]
