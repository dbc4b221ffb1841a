"""Accessibility of a page: as axe sees it, as it stands on a small screen, and by its weight."""

import gzip
import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from playwright.sync_api import Page

MOST_BYTES = 60_000
# Axe would copy imported stylesheets into the page, which its content security policy forbids.
_OPTIONS = {"preload": False}
_SHIFT = """() => new Promise(tell => {
    const where = ({x, y, width, height}) => [x, y, width, height].map(Math.round).join(" ")
    const moved = ({node, previousRect, currentRect}) =>
        `${node?.nodeName} from ${where(previousRect)} to ${where(currentRect)}`
    const seen = []
    new PerformanceObserver(list => list.getEntries().filter(one => !one.hadRecentInput).forEach(
        one => seen.push(`by ${one.value}: ${one.sources.map(moved).join(", ")}`)))
        .observe({type: "layout-shift", buffered: true})
    requestAnimationFrame(() => setTimeout(() => tell(seen), 0))
})"""
_LOADED = """() => ["navigation", "resource"].flatMap(
    type => performance.getEntriesByType(type).map(one => [one.name, one.encodedBodySize]))"""


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong, and whether the page scrolls sideways, jumps or is heavy.

    With the variable PICTURES, the name of a folder, a picture of the page is kept there.
    """
    # Before axe and the picture, which move things.
    shifts = shifts_of(page)
    found = [
        f"{rule['id']}: {node['html']}"
        for rule in Axe().run(page, options=_OPTIONS).response["violations"]
        for node in rule["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("the page scrolls sideways")
    # The sandbox's chats grow while one looks, and should.
    if shifts and not page.locator("[data-live]").count():
        found += [f"the layout shifts {shift}" for shift in shifts]
    if (weight := bytes_of(page)) > MOST_BYTES:
        found.append(f"the page weighs {weight:,} bytes")
    _keep_picture(page)
    return found


def shifts_of(page: Page) -> list[str]:
    """Return how far what moved while the page was loaded, and from where to where."""
    shifts: list[str] = page.evaluate(_SHIFT)
    return shifts


def bytes_of(page: Page) -> int:
    """Return what a first visit transfers: the page as it is, files as they are compressed."""
    loaded = {name.partition("#")[0]: size for name, size in page.evaluate(_LOADED)}
    return sum(_transferred(name) or int(size) for name, size in loaded.items())


@cache
def _transferred(url: str) -> int:
    path = urlsplit(url).path
    if not path.startswith(settings.STATIC_URL):
        return 0
    file = finders.find(path.removeprefix(settings.STATIC_URL))
    return len(gzip.compress(Path(file).read_bytes())) if file else 0


def _keep_picture(page: Page) -> None:
    if folder := os.environ.get("PICTURES"):
        language = page.evaluate("document.documentElement.lang")
        name = re.sub(r"[0-9a-f-]{36}|[^\w]+", "-", urlsplit(page.url).path).strip("-") or "home"
        made = sorted(Path(folder).glob(f"{name}.{language}.*.png"))
        page.screenshot(path=Path(folder, f"{name}.{language}.{len(made)}.png"), full_page=True)
