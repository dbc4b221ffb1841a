"""Lists of tables with millions of rows: newest first by key, counted only so far, found by index.

Nothing here reads a table as a whole: no count of all, no sorting by any column, no list of the
values that a column has, no search within a text.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.contrib.admin import ShowFacets, SimpleListFilter
from django.contrib.admin.options import ModelAdmin
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.scoped import ScopedAdmin
from core.ids import earliest_id
from integrations.targets.setup import Words

Row = TypeVar("Row", bound=Model)
# Pages beyond this are turned by nobody; older rows are reached by time, or by their id.
COUNTED = 1000
_DAY = timedelta(days=1)
# By what stands in the address: the words, and between which ages the rows are.
_AGES: Mapping[str, tuple[Words, timedelta, timedelta | None]] = {
    "hour": (_("the past hour"), timedelta(0), timedelta(hours=1)),
    "day": (_("the past 24 hours"), timedelta(0), _DAY),
    "before": (_("1 to 2 days ago"), _DAY, 2 * _DAY),
    "week": (_("2 to 7 days ago"), 2 * _DAY, 7 * _DAY),
    "older": (_("more than 7 days ago"), 7 * _DAY, None),
}


if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator


class ShortCount(_Paginator):
    """Counts no further than anybody turns pages."""

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, at most ``COUNTED``."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment] # the admin pages querysets only
        return rows.order_by()[:COUNTED].count()


class AgeFilter(SimpleListFilter):
    """When a row was made, which its key tells."""

    title = _("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Any:
        """Return the ages to choose from."""
        del request, model_admin
        return [(age, words) for age, (words, _least, _most) in _AGES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Reduce the rows to those of the chosen age."""
        del request
        age = self.value() or ""
        return queryset.filter(made_between(age, now())) if age in _AGES else queryset


def made_between(age: str, at: datetime) -> Q:
    """Return the condition for rows of one of the ages, by the primary key alone."""
    _words, least, most = _AGES[age]
    condition = Q(pk__lt=earliest_id(at - least)) if least else Q()
    return condition & Q(pk__gte=earliest_id(at - most)) if most else condition


def word_filter(column: str, words: Sequence[str]) -> type[SimpleListFilter]:
    """Return a filter by a text column whose words are known, so that nobody has to look."""

    class WordFilter(SimpleListFilter):
        title = _(column.replace("_", " "))
        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Any:
            """Return the words to choose from."""
            del request, model_admin
            return [(word, word) for word in words]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Reduce the rows to those with the chosen word."""
            del request
            return queryset.filter(**{column: self.value()}) if self.value() in words else queryset

    return WordFilter


class LongList(ScopedAdmin[Row]):
    """A page on a table that grows with every message."""

    paginator = ShortCount
    ordering: ClassVar[Any] = ("-pk",)
    sortable_by: ClassVar[Any] = ()
    # They would count the table once for each choice of each filter.
    show_facets = ShowFacets.NEVER
    search_fields: ClassVar[Any] = ("pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """Return the rows that ``search_term`` names as a whole."""
        del request
        wanted = search_term.strip()
        if not wanted:
            return queryset, False
        return queryset.filter(self.named(wanted)), False

    def named(self, wanted: str) -> Q:
        """Return the condition for rows with this name; every look-up in it has an index."""
        raise NotImplementedError
