"""Filters of the portal's lists that can be read aloud."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AllValuesFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.utils.translation import gettext as _


class ReasonFilter(AllValuesFieldListFilter):
    """The values a text column has among the visitor's rows; an empty one gets a name."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the links, each with words to press."""
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or _("(none)")}
