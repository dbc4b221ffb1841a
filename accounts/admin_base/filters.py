"""Filters of the portal's lists that can be read aloud."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import (
    AllValuesFieldListFilter,
    EmptyFieldListFilter,
    ModelAdmin,
    SimpleListFilter,
)
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Link, Member


class ReasonFilter(AllValuesFieldListFilter):
    """The values a text column has among the visitor's rows; an empty one gets a name."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the links, each with words to press."""
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or _("(none)")}


class GoneFilter(EmptyFieldListFilter):
    """Rows without and with a time of their removal, in words instead of "empty"."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = gettext_lazy("removal")

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the links: all, what is still there, what is gone."""
        words = ("", _("Still there"), _("Gone"))
        for choice, word in zip(super().choices(changelist), words, strict=True):
            yield {**choice, "display": word or choice["display"]}


class LinkedFilter(SimpleListFilter):
    """Members with a link, and those of the directory without one, whom one may invite."""

    title = gettext_lazy("link")
    parameter_name = "linked"

    def lookups(self, _request: HttpRequest, _page: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        """Return the two choices beside "all"."""
        return [("yes", _("Linked")), ("no", _("Not linked"))]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Member]) -> QuerySet[Member]:
        """Narrow the list down; whoever has left the directory is in neither part."""
        if self.value() not in ("yes", "no"):
            return rows
        linked = Link.objects.active().values("member")
        here = rows.filter(removed_at=None)
        return here.filter(pk__in=linked) if self.value() == "yes" else here.exclude(pk__in=linked)
