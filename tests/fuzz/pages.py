"""A walk over every address of the site with hostile values, as a browser of anybody's sends them.

The addresses come from the URL configuration; the parameters from what the pages offer (fields,
filters, steps of dates, columns to sort by), from what the code reads, and from Django's own list
pages. Each request is undone in the database, so that the walk goes on where it began.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from html.parser import HTMLParser
from http import HTTPStatus
from itertools import cycle, islice
from pathlib import Path
from random import Random
from traceback import extract_tb
from typing import Any
from urllib.parse import quote, urlsplit

from django.contrib.admin import site
from django.core.cache import cache as counters
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.fuzz.hostile import BODIES, CONTENT_TYPES, HEADERS, METHODS, VALUES

_FORM = "application/x-www-form-urlencoded"
_CODE = ("accounts", "config", "integrations", "messaging")
_READS = re.compile(r"""\b(?:GET|POST|values)(?:\.get(?:list)?\(|\[)\s*"(\w+)\"""")
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
# Django's own, of every form and of every list in the portal.
_OF_FORMS = ("_to_field", "_popup", "_changelist_filters", "_saveasnew", "_continue", "next")
_OF_LISTS = (
    *("q", "o", "p", "e", "all", "_facets", "_to_field", "_popup", "_selected_action", "action"),
    *("index", "select_across", "pk__in", "id__exact", "form-TOTAL_FORMS"),
)
_LOOKUPS = ("", "__in", "__isnull", "__isempty", "__exact", "__year", "__month", "__day", "__x")
# The limits of requests a minute are not what is tried here.
_UNCOUNTED = 100
_SHOWN = 200
# How often: a request that is odd as a whole, a parameter in the address, a field left as it was.
_ODD, _ASKED, _KEPT = 0.3, 0.6, 0.9


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to one request."""

    method: str
    address: str
    sent: str
    status: int
    fault: str = ""


@dataclass(slots=True)
class _Page:
    """An address, what its parameters are called, and what its form holds untouched."""

    address: str
    names: set[str] = field(default_factory=set)
    form: dict[str, str] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Try:
    method: str
    page: _Page
    query: Sequence[tuple[str, str | bytes]] = ()
    body: bytes = b""
    content_type: str = _FORM
    headers: Mapping[str, str] = field(default_factory=dict)


class _Look(HTMLParser):
    """Collects the parameters of a page's links, and the fields of its forms by where they go."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = self._goes_to = address
        self.linked: set[str] = set()
        self.forms: dict[str, dict[str, str]] = {}
        self.actions: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, a field or a link."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._goes_to = urlsplit(given.get("action", "")).path or self._address
        elif tag in {"input", "select", "textarea", "button"} and given.get("name"):
            fields = self.forms.setdefault(self._goes_to, {})
            fields.setdefault(given["name"], given.get("value", ""))
        elif tag == "option" and "action" in self.forms.get(self._goes_to, {}):
            self.actions.append(given.get("value", ""))
        elif tag == "a":
            query = urlsplit(given.get("href", "")).query
            self.linked |= {part.partition("=")[0] for part in query.split("&") if part}


def walk(client: Client, random: Random, count: int, keys: Mapping[str, str]) -> Iterator[Answer]:
    """Send ``count`` hostile requests and yield what came of each.

    ``client`` is somebody's browser, signed in or not; ``keys`` are existing values of the places
    in addresses, by the beginning of a route.
    """
    client.raise_request_exception = False
    cookies = dict(client.cookies)
    pages = _look_around(client, addresses(keys))
    for number, one in enumerate(islice(_tries(pages, random), count)):
        if number % _UNCOUNTED == 0:
            counters.clear()
        client.cookies.clear()
        client.cookies.update(cookies)
        yield _send(client, one)


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Yield the route of every address there is."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def addresses(keys: Mapping[str, str]) -> list[str]:
    """Return an address for every route."""
    return sorted({address_of(route, keys) for route in routes()})


def address_of(route: str, keys: Mapping[str, str]) -> str:
    """Return the address of a route, with existing values in its places."""
    plain = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route)
    plain = plain.replace("^", "").replace("\\Z", "").replace("$", "")
    found = [start for start in keys if plain.startswith(start)]
    named = max(found, key=len, default="")
    return "/" + _PLACE.sub(lambda place: _key(place[1], keys, named), plain)


def _key(place: str, keys: Mapping[str, str], start: str) -> str:
    fixed = {"target": "workplace", "app_label": "integrations", "url": "nothing"}
    return fixed.get(place) or keys.get(start) or "1"


@cache
def _read_by_the_code() -> frozenset[str]:
    root = Path(__file__).resolve().parents[2]
    files = [file for part in _CODE for file in (root / part).rglob("*.py")]
    found = {name for file in files for name in _READS.findall(file.read_text())}
    return frozenset({*found, *_OF_FORMS})


def _look_around(client: Client, places: Sequence[str]) -> list[_Page]:
    """Open each page as it is, for the names of what it and those behind its buttons take."""
    pages = {address: _Page(address) for address in places}
    lists = _lists()
    for number, address in enumerate(places):
        if number % _UNCOUNTED == 0:
            counters.clear()
        answer = _undone(partial(client.get, address))
        if answer.status_code != HTTPStatus.OK:
            continue
        page = pages[address]
        if not address.startswith("/v1/") and "html" in answer.headers.get("Content-Type", ""):
            page.names |= lists.get(address, _read_by_the_code())
            seen = _Look(address)
            seen.feed(answer.content.decode())
            page.names |= seen.linked
            page.actions = seen.actions
            for goes_to, fields in seen.forms.items():
                pages.setdefault(goes_to, _Page(goes_to)).form |= fields
    for page in pages.values():
        page.names |= set(page.form)
    return list(pages.values())


def _lists() -> dict[str, set[str]]:
    """Return what each list of the portal could be asked for, by its address."""
    found = {}
    for model, page in site._registry.items():
        named = [item[0] if isinstance(item, tuple) else item for item in page.list_filter]
        columns = [getattr(name, "parameter_name", name) for name in named]
        columns += [page.date_hierarchy] if page.date_hierarchy else []
        names = {f"{column}{lookup}" for column in columns for lookup in _LOOKUPS}
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        found[address] = names | set(_OF_LISTS)
    return found


def _tries(pages: Sequence[_Page], random: Random) -> Iterator[_Try]:
    """Yield tries without end: each parameter of each page once, then again with other values."""
    named = [(page, name) for page in pages for name in sorted(page.names)]
    odd = cycle(random.sample(pages, len(pages)))
    while True:
        random.shuffle(named)
        for page, name in named:
            yield _parameter(page, name, random)
            if random.random() < _ODD:
                yield _odd(next(odd), random)
        yield _odd(next(odd), random)


def _parameter(page: _Page, name: str, random: Random) -> _Try:
    values = [(name, value) for value in random.sample(VALUES, random.choice((1, 1, 1, 2, 3)))]
    if name not in page.form and random.random() < _ASKED:
        return _Try("GET", page, query=values)
    others = [pair for pair in page.form.items() if pair[0] != name and random.random() < _KEPT]
    if page.actions and name != "action":
        others.append(("action", random.choice(page.actions)))
    return _Try("POST", page, body=_encoded([*others, *values]).encode())


def _odd(page: _Page, random: Random) -> _Try:
    """Return a request that is odd as a whole, or asks for a row that cannot be."""
    kind = random.randrange(4)
    if kind == 0:
        return _Try("GET", page, headers=random.choice(HEADERS))
    if kind == 1:
        return _Try(random.choice(METHODS), page)
    if kind == 2:
        body, content_type = random.choice(BODIES), random.choice(CONTENT_TYPES)
        return _Try("POST", page, body=body, content_type=content_type)
    parts = page.address.split("/")
    place = random.randrange(1, len(parts))
    value = _quoted(random.choice(VALUES)).replace("+", "%2B")
    address = "/".join([*parts[:place], value, *parts[place + 1 :]])
    return _Try(random.choice(("GET", "POST")), _Page(address))


def _quoted(value: str | bytes) -> str:
    return quote(value if isinstance(value, bytes) else value.encode(), safe="")


def _encoded(pairs: Sequence[tuple[str, str | bytes]]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def _send(client: Client, one: _Try) -> Answer:
    query = _encoded(one.query)
    extra: dict[str, Any] = {"QUERY_STRING": query, **one.headers}
    address = one.page.address
    answer = _undone(
        lambda: client.generic(
            one.method, address, one.body, content_type=one.content_type, **extra
        )
    )
    sent = query or one.body.decode("latin-1") or str(one.headers)
    shown = f"{one.content_type[:_SHOWN]} {sent[:_SHOWN]}"
    return Answer(one.method, address, shown, answer.status_code, _fault(answer.exc_info))


def _undone(ask: Callable[[], Any]) -> Any:
    """Return the answer, and leave the database as it was."""
    with transaction.atomic():
        answer = ask()
        transaction.set_rollback(True)
    return answer


def _fault(failed: Any) -> str:
    """Return what was raised, and where."""
    if not failed:
        return ""
    steps = extract_tb(failed[2])
    return f"{failed[0].__name__} at {Path(steps[-1].filename).name}:{steps[-1].lineno}"
