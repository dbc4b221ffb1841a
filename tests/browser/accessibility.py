"""What axe says about a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Axe would copy imported stylesheets into the page, which its content security policy forbids.
_OPTIONS = {"preload": False}


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page, and whether it scrolls sideways."""
    found = [
        f"{rule['id']}: {node['html']}"
        for rule in Axe().run(page, options=_OPTIONS).response["violations"]
        for node in rule["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("the page scrolls sideways")
    return found
