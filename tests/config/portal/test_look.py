"""The portal's stylesheet takes its colours from the site's own."""

import re

import pytest
from django.conf import settings

# Django's admin has an `--accent` of its own.
SANDBOX = settings.BASE_DIR / "sandbox" / "static"
_RENAMED = {"--brand": "--accent", "--brand-deep": "--accent-deep", "--on-brand": "--on-accent"}


def tokens(name: str) -> list[dict[str, str]]:
    """Return the colours of a stylesheet, in the light and in the dark."""
    css = (settings.STATICFILES_DIRS[0] / name).read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    return [dict(re.findall(r"(--[\w-]+): (#\w+)", block)) for block in blocks]


def test_both_stylesheets_have_the_same_colours():
    for ours, site in zip(tokens("admin.css"), tokens("kotozute.css"), strict=True):
        assert ours == {name: site[_RENAMED.get(name, name)] for name in ours}


def test_every_token_is_defined_and_used():
    ours = settings.STATICFILES_DIRS[0]
    for sheets in ([ours / "kotozute.css"], [SANDBOX / "sandbox.css", SANDBOX / "ovice.css"]):
        css = "".join(sheet.read_text() for sheet in sheets)
        defined = set(re.findall(r"(--[\w-]+):", css))
        assert set(re.findall(r"var\((--[\w-]+)", css)) == defined, sheets
    portal = (ours / "admin.css").read_text()
    assert set(re.findall(r"var\((--[\w-]+)", portal)) <= set(re.findall(r"(--[\w-]+):", portal))


def test_nothing_moves_for_who_asked_for_less_of_it():
    for sheet in (*settings.STATICFILES_DIRS[0].glob("*.css"), *SANDBOX.glob("*.css")):
        css = sheet.read_text()
        moves = re.search(r"transition|animation|scroll-behavior", css)
        assert not moves or "prefers-reduced-motion" in css, sheet.name


@pytest.mark.parametrize(
    ("query", "text", "way_on"),
    [("", "Nothing here yet.", 'href="/admin/"'), ("?q=lost", "Nothing matches.", 'href="?"')],
)
def test_an_empty_list_says_so_and_leads_on(portal, query, text, way_on):
    page = portal.browser("owner B").get(f"/admin/messaging/delivery/{query}").content.decode()
    assert text in page
    assert way_on in page
