"""One running service for all journeys, and people who walk through it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext

from tests.browser.conftest import DESK, PATIENCE_MS, PHONE
from tests.browser.journeys.town import Town
from tests.browser.journeys.walker import LOOKS, Look, Walker
from tests.plugins.mailbox import open_mailbox
from tests.plugins.system import running_system

# As long as the platform allows; and what is due is seen to at once.
TIMES = {"REMOVAL_GRACE_DAYS": "30", "PURGE_EVERY_SECONDS": "2", "CALLBACK_SWEEP_SECONDS": "1"}


def pytest_collection_modifyitems(config, items):
    """On PostgreSQL leave out what differs in looks only: that is shown on the default already."""
    if connection.vendor != "postgresql":
        return
    left_out = [item for item in items if _look_of(item) not in (None, Look())]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _look_of(item: pytest.Item) -> Look | None:
    called = getattr(item, "callspec", None)
    look = called.params.get("look") if called else None
    return look if isinstance(look, Look) else None


@pytest.fixture(params=[*LOOKS.values()], ids=[*LOOKS])
def look(request: pytest.FixtureRequest) -> Look:
    """Return each look in turn."""
    chosen: Look = request.param
    return chosen


@pytest.fixture(scope="package")
def town(tmp_path_factory, database_url) -> Iterator[Town]:
    """Run gunicorn, a worker, beat, the broker, the sandbox and a mail server."""
    with ExitStack() as stack:
        mailbox = stack.enter_context(open_mailbox())
        env = {**TIMES, "EMAIL_URL": mailbox.url}
        system = stack.enter_context(running_system(tmp_path_factory, database_url, env))
        system.manage("subscribing", "subscribe_webhooks")
        yield Town(system, mailbox)


@pytest.fixture
def walker(chromium: Browser) -> Iterator[Callable[..., Walker]]:
    """Return a function that opens a window for somebody; every script error fails."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def sit_down(look: Look = Look()) -> Walker:  # noqa: B008 - it never changes
        window = chromium.new_context(
            locale=look.language,
            color_scheme="dark" if look.dark else "light",
            viewport=PHONE if look.phone else DESK,
            java_script_enabled=look.scripts,
        )
        window.set_default_timeout(2 * PATIENCE_MS)
        window.on("weberror", lambda error: complaints.append(str(error.error)))
        opened.append(window)
        return Walker(window, look, window.new_page())

    yield sit_down
    for window in opened:
        window.close()
    assert complaints == []
