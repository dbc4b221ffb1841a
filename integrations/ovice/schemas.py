"""Schemas of ovice's data on organizations, spaces and people, in events and in its directory.

Identifiers, addresses and switches decide and are read strictly. Names, plans, locales and links
decorate: ``core.tolerant_reader`` cuts or drops them. Unknown fields are ignored.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.tolerant_reader import decorates, mended, without_leap_second
from integrations.models import OVICE_ID_LENGTH

# Printable and not blank: an identifier is compared, stored and shown, never interpreted.
Id = Annotated[
    str,
    Meta(min_length=1, max_length=OVICE_ID_LENGTH, pattern=r"^[^\x00-\x20\x7f\ud800-\udfff]+\Z"),
]
Time = Annotated[datetime, Meta(tz=True, extra=mended(without_leap_second))]
# One line that is stored as it came: no control characters, no lone surrogates.
_LINE = r"^[^\x00-\x1f\x7f\ud800-\udfff]*\Z"
Email = Annotated[str, Meta(min_length=1, max_length=320, pattern=_LINE)]
Name = Annotated[str, Meta(max_length=255, extra=decorates(cut=255))]
Word = Annotated[str, Meta(max_length=64, pattern=_LINE, extra=decorates())]
Url = Annotated[str, Meta(max_length=2_048, pattern=_LINE, extra=decorates())]
Domain = Annotated[str, Meta(max_length=63, pattern=_LINE, extra=decorates())]
Locale = Annotated[str, Meta(max_length=16, pattern=_LINE, extra=decorates(cut=16))]
# A role that is not known here gives no right, and takes those away that another one gave.
NO_RIGHTS = "guest"
Role = Annotated[
    Literal["owner", "admin", "member", "visitor", "guest"] | None,
    Meta(extra=mended(lambda _told: NO_RIGHTS)),
]


class OrganizationUpdate(Struct, frozen=True):
    """Update of an organization."""

    id: Id
    name: Name | None = None
    plan: Word | None = None
    feature_enabled: bool | None = None


class SpaceRef(Struct, frozen=True):
    """A space, by its unchanging id."""

    id: Id


class SpaceInfo(SpaceRef, frozen=True):
    """A space as it is called now."""

    name: Name | None = None
    domain: Domain | None = None
    url: Url | None = None


class MemberRef(Struct, frozen=True):
    """A person of the directory."""

    id: Id


class MemberInfo(MemberRef, frozen=True):
    """Update of a person; a field that is not told stays as it was."""

    email: Email | None = None
    email_verified: bool | None = None
    name: Name | None = None
    role: Role = None
    locale: Locale | None = None
