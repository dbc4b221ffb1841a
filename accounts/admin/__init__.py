"""The portal's pages on organizations, their connections and their people."""

from accounts.admin import (
    callbacks,
    connections,
    directories,
    history,
    organizations,
    people,
    removals,
)

__all__ = [
    "callbacks",
    "connections",
    "directories",
    "history",
    "organizations",
    "people",
    "removals",
]
