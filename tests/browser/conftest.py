"""A real browser on the real pages: `open_page` shows one, `new_window` keeps cookies between."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from accounts.models import User
from tests.plugins.portal import sign_in

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}
PATIENCE_MS = 10_000


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium for all tests of this folder."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "the browser tests need Chromium: apt-get install chromium"
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; the ORM is used beside it, not in it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def new_window(chromium, live_server, settings) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that opens a window with cookies of its own; every script error fails."""
    settings.BASE_URL = live_server.url
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window(
        *, language: str = "en", dark: bool = False, wide: bool = False
    ) -> BrowserContext:
        window: BrowserContext = chromium.new_context(
            base_url=live_server.url,
            locale=language,
            color_scheme="dark" if dark else "light",
            viewport=DESK if wide else PHONE,
        )
        window.set_default_timeout(PATIENCE_MS)
        window.on("weberror", lambda error: complaints.append(str(error.error)))
        window.on("console", lambda line: _note(line, complaints))
        opened.append(window)
        return window

    yield open_window
    for window in opened:
        window.close()
    assert complaints == []


def _note(line, complaints: list[str]) -> None:
    # Chromium also logs every answer that is an error, which tests ask for on purpose.
    if line.type == "error" and "Failed to load resource" not in line.text:
        complaints.append(line.text)


@pytest.fixture
def open_page(new_window) -> Callable[..., Page]:
    """Return a function that opens a path in a fresh window."""

    def open_in_window(path: str, **look) -> Page:
        page: Page = new_window(**look).new_page()
        page.goto(path)
        return page

    return open_in_window


@pytest.fixture
def signed_in_window(new_window, live_server) -> Callable[..., BrowserContext]:
    """Return a function that opens a window of a user who has just signed in by a code."""

    def open_signed_in(user: User, **look) -> BrowserContext:
        client = sign_in(user)
        key = str(client.session.session_key)
        window: BrowserContext = new_window(**look)
        window.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}]
        )
        return window

    return open_signed_in
