"""Reading an organization's whole directory from ovice, page by page.

A directory of 100,000 people is kept as its compressed pages, a few megabytes, and taken out one
page at a time. Nothing of it is written to disk before it is applied.
"""

import json
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from django.conf import settings
from msgspec import Meta, Struct

from core import strict_json
from core.tolerant_reader import mended, read
from integrations.ovice.client import NoAnswer, call_ovice
from integrations.ovice.schemas import Id, MemberInfo, OrganizationUpdate, SpaceInfo

# A hundred people a page are usual; a page may hold a thousand at most.
PAGE_BYTES = 4 * 1024 * 1024
# Cursors without end stop here.
PAGES_LIMIT = 5_000
# A generation that changes while it is read is begun anew so many times.
ROUNDS = 5
PAGE_TRIES = 3
PAUSE_SECONDS = 1.0
WHOLE_SECONDS = 600.0
ACTIVE = "active"
# A generation is stored and a cursor is sent back: neither may hold what a column or an address
# cannot carry.
_PRINTED = r"^[^\x00-\x1f\x7f\ud800-\udfff]+\Z"
_MOST = 2**63 - 1
_Shape = TypeVar("_Shape")


class DirectoryUnreadable(Exception):
    """There is no whole directory to be had just now; ``code`` says why, and quotes nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Space(SpaceInfo, frozen=True):
    """A space of the directory."""

    status: str = ACTIVE


class Person(MemberInfo, frozen=True):
    """A person of the directory."""

    status: str = ACTIVE


class _Page(Struct, frozen=True):
    organization: OrganizationUpdate
    generation: (
        Annotated[str, Meta(max_length=128, pattern=_PRINTED)]
        | Annotated[int, Meta(ge=0, le=_MOST)]
    )
    # Each is looked at on its own: one that is malformed must not keep all others out.
    members: list[Any]
    # None where it cannot be read: then nothing is known of any space.
    spaces: Annotated[list[Any] | None, Meta(extra=mended(lambda _told: None))] = []
    next_cursor: Annotated[str, Meta(max_length=512, pattern=_PRINTED)] | None = None


class _Named(Struct, frozen=True):
    id: Id


class _Present(_Named, frozen=True):
    # A status that cannot be read is not one under which somebody would be gone.
    status: Annotated[str, Meta(extra=mended(lambda _told: ACTIVE))] = ACTIVE


# The first use of a type must not happen in two threads at once; see messaging.ingest.events.
for _type in (_Page, _Named, _Present, Person, Space):
    with suppress(msgspec.ValidationError):
        msgspec.convert({}, _type)


@dataclass
class Directory:
    """One generation of a directory.

    ``ids`` holds everybody who is in it, also those about whom the rest could not be read. Of
    ``nameless`` entries not even that can be told. ``spaces`` and ``space_ids`` are None where
    nothing of them could be read.
    """

    generation: str
    organization: OrganizationUpdate
    spaces: list[Space] | None
    space_ids: set[str] | None
    ids: set[str] = field(default_factory=set, repr=False)
    unreadable: int = 0
    nameless: int = 0
    _pages: list[bytes] = field(default_factory=list, repr=False)

    def take(self, members: list[Any]) -> None:
        """Add one page of people."""
        readable = []
        for told in members:
            present, person = _read(told, _Present), _read(told, Person)
            if person is None:
                self.unreadable += 1
            else:
                readable.append(msgspec.to_builtins(person))
            if present is None:
                self.nameless += 1
            elif present.status == ACTIVE:
                self.ids.add(present.id)
        self._pages.append(zlib.compress(json.dumps(readable).encode()))

    def pages(self) -> Iterator[list[Person]]:
        """Yield the active people, page by page."""
        for page in self._pages:
            people = msgspec.convert(json.loads(zlib.decompress(page)), list[Person])
            yield [person for person in people if person.status == ACTIVE]


def read_directory(organization: str) -> Directory:
    """Return the whole directory of the organization that ovice calls ``organization``.

    Every page is of one generation. Raises ``DirectoryUnreadable`` when that cannot be had.
    """
    until = time.monotonic() + WHOLE_SECONDS
    for _ in range(ROUNDS):
        directory = _read_one_generation(organization, until)
        if directory is not None:
            return directory
    raise DirectoryUnreadable("always_changing")


def _read_one_generation(organization: str, until: float) -> Directory | None:
    """Return the directory, or None when another generation began meanwhile."""
    page = _page(organization, "", until)
    directory = Directory(
        str(page.generation), page.organization, _spaces(page.spaces), _space_ids(page.spaces)
    )
    cursors: set[str] = set()
    directory.take(page.members)
    while page.next_cursor is not None:
        if page.next_cursor in cursors or len(cursors) >= PAGES_LIMIT:
            raise DirectoryUnreadable("endless")
        cursors.add(page.next_cursor)
        page = _page(organization, page.next_cursor, until)
        if str(page.generation) != directory.generation:
            return None
        directory.take(page.members)
    return directory


def _page(organization: str, cursor: str, until: float) -> _Page:
    for left in reversed(range(PAGE_TRIES)):
        if time.monotonic() > until:
            raise DirectoryUnreadable("too_slow")
        try:
            return _parse(_fetch(organization, cursor), organization)
        except DirectoryUnreadable as error:
            if not left or error.code not in ("no_answer", "server_error"):
                raise
        time.sleep(PAUSE_SECONDS)
    raise DirectoryUnreadable("no_answer")


def _fetch(organization: str, cursor: str) -> bytes:
    base = settings.OVICE_DIRECTORY_URL.rstrip("/")
    path = f"/connector/v1/organizations/{quote(organization, safe='')}/directory"
    query = "?" + urlencode({"cursor": cursor}) if cursor else ""
    headers = {"Authorization": f"Bearer {settings.OVICE_DIRECTORY_KEY}"}
    try:
        reply = call_ovice("GET", base + path + query, headers=headers, limit=PAGE_BYTES)
    except NoAnswer:
        raise DirectoryUnreadable("no_answer") from None
    if reply.status == HTTPStatus.OK:
        return reply.body
    raise DirectoryUnreadable(_code_of(reply.status))


def _code_of(status: int) -> str:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return "key_refused"
    if status == HTTPStatus.NOT_FOUND:
        return "unknown_organization"
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server_error"
    return "unexpected_answer"


def _parse(body: bytes, organization: str) -> _Page:
    try:
        page = read(_load(body), _Page)
    except (msgspec.ValidationError, ValueError):
        raise DirectoryUnreadable("malformed") from None
    if page.organization.id != organization:
        raise DirectoryUnreadable("other_organization")
    return page


def _load(body: bytes) -> object:
    """Return the page, with None for each entry that is not strict JSON."""
    try:
        return strict_json.load(body)
    except strict_json.NotStrictError:
        around, members = strict_json.split(body, "members")
    page = strict_json.load_parts(around, "spaces")
    return page if members is None else {**page, "members": strict_json.load_each(members)}


def _spaces(told: list[Any] | None) -> list[Space] | None:
    """Return the active spaces that can be read."""
    if told is None:
        return None
    found = (_read(space, Space) for space in told)
    return [space for space in found if space is not None and space.status == ACTIVE]


def _space_ids(told: list[Any] | None) -> set[str] | None:
    """Return the ids of the active spaces, or None where one of them cannot be told."""
    found = [_read(space, _Present) for space in told or ()]
    if told is None or None in found:
        return None
    return {space.id for space in found if space is not None and space.status == ACTIVE}


def _read(told: object, shape: type[_Shape]) -> _Shape | None:
    try:
        return read(told, shape)
    except msgspec.ValidationError:
        return None
