"""Visitor of a page and its language; both are in the address, so each tab has its own."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sandbox.ovice.records import Organization, Person, Space
from sandbox.ovice.words import LANGUAGES, Words, choose_language
from sandbox.ovice.world import OVICE


@dataclass(frozen=True)
class Visit:
    """One look at a page. `viewer` is None where nobody was chosen."""

    request: web.Request
    organization: Organization | None
    viewer: Person | None
    words: Words

    def link(self, path: str, **query: str) -> str:
        """Return an address that keeps viewer and language."""
        kept = {name: self.request.query[name] for name in ("lang",) if name in self.request.query}
        if self.viewer:
            kept["as"] = self.viewer.person_id
        merged = {**kept, **query}
        return f"{path}?{urlencode(merged)}" if merged else path

    def context(self, **values: Any) -> dict[str, Any]:
        """Return what every page's template needs, and `values`."""
        return {
            "visit": self,
            "_": self.words,
            "link": self.link,
            "languages": LANGUAGES,
            "language_links": {code: self.link(self.request.path, lang=code) for code in LANGUAGES},
            "organization": self.organization,
            "viewer": self.viewer,
            "space": None,
            **values,
        }


def begin(request: web.Request, organization: Organization | None, people: list[Person]) -> Visit:
    """Return the visit of the person that `?as=` names among `people`, else of the first."""
    wanted = request.query.get("as", "")
    known = {person.person_id: person for person in people}
    viewer = known.get(wanted) or next(iter(people), None)
    language = choose_language(
        request.query.get("lang", ""),
        viewer.locale if viewer else "",
        request.headers.get("Accept-Language", ""),
    )
    return Visit(request, organization, viewer, Words(language))


def organization_in(request: web.Request) -> Organization:
    """Return the organization of the path, or answer 404."""
    found = request.app[OVICE].organizations.get(request.match_info["organization"])
    if found is None:
        raise web.HTTPNotFound(text="There is no such organization.")
    return found


def space_in(request: web.Request) -> Space:
    """Return the space of the path, or answer 404."""
    found = request.app[OVICE].space(request.match_info["space"])
    if found is None:
        raise web.HTTPNotFound(text="There is no such space.")
    return found
