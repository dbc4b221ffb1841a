"""Fixtures for every test; what needs processes is in ``tests/plugins``."""

import os
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone, translation
from hypothesis import HealthCheck, settings

from integrations.encryption.data_keys import forget_keys
from integrations.removal import inventory
from messaging.delivery.wakeups import broker

pytest_plugins = [
    "tests.plugins.sandbox",
    "tests.plugins.serving",
    "tests.plugins.ovice",
    "tests.plugins.office",
    "tests.plugins.system",
    "tests.plugins.launching",
    "tests.plugins.visitor",
    "tests.plugins.portal",
    "tests.plugins.installing",
    "tests.plugins.log_lines",
    "tests.plugins.hints",
]

# A busy machine is no fault of the code's.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _no_tries_counted():
    """Limits of one test do not reach into the next."""
    cache.clear()


@pytest.fixture(autouse=True)
def _nothing_left_in_memory():
    """Each test starts like a fresh process: no keys, no language, friends with the broker."""
    forget_keys()
    inventory._counted.cache_clear()
    broker.leave_alone(timedelta())
    translation.deactivate()
    timezone.deactivate()


def pytest_collection_modifyitems(config, items):
    """Leave out what only PostgreSQL can show, and what has a command of its own."""
    # Harm is done once, to a system as production has it, or by `make faults`.
    absent = set() if connection.vendor == "postgresql" else {"postgres", "faults"}
    if "FAULTS_SECONDS" in os.environ:
        absent.discard("faults")
    else:
        absent.add("campaign")
    if "UPGRADE_FROM" not in os.environ:
        absent.add("upgrade")
    left_out = [item for item in items if any(map(item.get_closest_marker, absent))]
    if "SERVICES" in os.environ:
        left_out += [item for item in items if not _touches_services(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


# Pages and the platform's API know the database by Django's ORM alone, so that they run once, on
# SQLite; `tests/fuzz` sends hostile values to every page on PostgreSQL as well.
ONCE = (
    "accounts/admin",
    "accounts/pages",
    "accounts/signin",
    "config/observability",
    "config/portal",
    "config/public_pages",
    "integrations/workplace",
    "messaging/support",
)


def _touches_services(item):
    """Return whether a test could go differently on another database or broker."""
    if any(map(item.get_closest_marker, ("services", "faults", "postgres"))):
        return True
    if item.path.parent.relative_to(item.config.rootpath / "tests").as_posix() in ONCE:
        return False
    fixtures = {"db", "transactional_db", "live_server"}
    return bool(item.get_closest_marker("django_db") or fixtures & set(item.fixturenames))
