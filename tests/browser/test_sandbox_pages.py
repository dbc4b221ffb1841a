"""The sandbox's pages, found by following every link from its front page."""

import re
from urllib.parse import urljoin, urlsplit

from tests.browser.accessibility import violations
from tests.browser.focus import lost_by_keys

# One person's page, one chat or one space looks like the next.
_IDS = re.compile(r"\d{3,}|[0-9a-f-]{20,}")
MOST_PAGES = 30


def furnish(sandbox, ovice) -> None:
    """Put one of everything into either platform."""
    community = sandbox.community()
    hanako = sandbox.member(community, "Hanako Sato")
    integration = sandbox.custom_integration(community)
    sandbox.act(hanako, integration.page_id, text="help")
    organization = ovice.organization()
    ovice.space(organization)
    ovice.person(organization, "Taro", role="owner")
    ovice.person(organization, "Hanako", role="member")


def kind_of(address: str) -> str:
    """Return what all addresses of the same kind of page have in common."""
    return _IDS.sub("#", urlsplit(address).path)


def follow(page, start: str, look) -> dict[str, list[str]]:
    """Open one page of each kind that links lead to; return what is wrong with each."""
    found: dict[str, list[str]] = {}
    waiting = [start]
    while waiting:
        address = waiting.pop(0)
        if kind_of(address) in found or "/control/" in address:
            continue
        assert len(found) < MOST_PAGES
        page.goto(address)
        found[kind_of(address)] = look(page)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        whole = [urljoin(page.url, link) for link in links]
        waiting += [link for link in whole if link.startswith(start)]
    return found


def test_every_page_of_the_sandbox_is_accessible(new_window, sandbox, ovice):
    furnish(sandbox, ovice)
    page = new_window(dark=True).new_page()
    found = follow(page, sandbox.web_url, lambda page: [*violations(page), *lost_by_keys(page)])
    assert len(found) > 10
    assert {kind: wrong for kind, wrong in found.items() if wrong} == {}
