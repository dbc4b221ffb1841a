"""Which tables hold data of customers, and how each finds those of one customer.

Every app lists its own in a module ``data_map``; the order of ``INSTALLED_APPS`` and of the lists
is the order in which rows can be deleted: what points to others first. Purge, erasure, export and
the test that no table is forgotten all read these lists. Where rows alone do not tell, an app
answers by the callables of its ``HOOKS``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.utils.module_loading import module_has_submodule

from integrations.models import GONE_STATES, Installation
from integrations.models.removal import Removal, RemovalScope

LISTS = "data_map"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose rows are meant: a whole organization, one generation of it, or one member."""

    scope: RemovalScope
    organization_id: UUID | None
    installation_ids: tuple[UUID, ...] = ()
    member_id: UUID | None = None
    # Keys of users who go with an organization even once their ownership of it is gone.
    user_ids: tuple[UUID, ...] = ()

    def ids(self) -> tuple[UUID, ...]:
        """Return the keys by which rows of this subject are found."""
        if self.scope == RemovalScope.INSTALLATION:
            return self.installation_ids
        key = self.member_id if self.scope == RemovalScope.MEMBER else self.organization_id
        return () if key is None else (key,)


# A look-up from the table to the subject's ids, or a condition that needs more than that.
Way = str | Callable[[Subject], Q]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with rows of customers; an empty way means that none belong to such a subject.

    ``naming`` finds rows that name a member and stay when they go, but without them. ``strays``
    finds rows of another generation that point to rows of the one that goes.
    """

    model: str
    organization: Way
    installation: Way = ""
    member: Way = ""
    naming: Callable[[Subject], Q] | None = None
    strays: Callable[[Subject], Q] | None = None

    def rows(self, subject: Subject) -> QuerySet[Any]:
        """Return the subject's rows in this table."""
        model: type[Model] = apps.get_model(self.model)
        condition = self._condition(subject)
        manager = model._base_manager  # noqa: SLF001 - Django's public API, unlike its name
        return manager.none() if condition is None else manager.filter(condition)

    def parts(self, subject: Subject) -> Iterator[QuerySet[Any]]:
        """Yield all that goes with the subject, each row once.

        Apart, since a database finds both by an index, but hardly one or the other.
        """
        own = self.rows(subject)
        yield own
        if self.strays is not None and subject.scope == RemovalScope.INSTALLATION:
            yield own.model._base_manager.filter(self.strays(subject))  # noqa: SLF001 - as above

    def count(self, subject: Subject) -> int:
        """Return how many rows go with the subject."""
        return sum(rows.count() for rows in self.parts(subject))

    def rows_about(self, subject: Subject) -> QuerySet[Any]:
        """Return the subject's rows, and those that only name them."""
        own = self.rows(subject)
        if self.naming is None:
            return own
        manager = own.model._base_manager  # noqa: SLF001 - Django's public API, unlike its name
        named: QuerySet[Any] = manager.filter(self.naming(subject))
        return own | named

    def _condition(self, subject: Subject) -> Q | None:
        ways = {
            RemovalScope.ORGANIZATION: self.organization,
            RemovalScope.INSTALLATION: self.installation,
            RemovalScope.MEMBER: self.member,
        }
        way, ids = ways[subject.scope], subject.ids()
        if not way or not ids:
            return None
        return way(subject) if callable(way) else Q(**{f"{way}__in": ids})


@dataclass(frozen=True, slots=True)
class Aged:
    """Rows of a table that nothing needs any more, ``RETENTION`` after the time in ``since``.

    ``unless`` is a condition for rows that others still point to.
    """

    model: str
    since: str
    unless: Q = field(default_factory=lambda: Q(pk__in=[]))


def _of_nobody(_subject: Subject) -> Iterable[UUID]:
    return ()


def _not_found(_target: str, _account_id: str, _issued_at: datetime | None) -> Removal | None:
    return None


def _nothing_left(_target: str, _account_id: str) -> Mapping[str, int]:
    return {}


@dataclass(frozen=True, slots=True)
class Hooks:
    """An app's answers to the removal, each called inside its transaction.

    ``users_of`` returns the keys of users who go with a subject, asked when its purge begins.
    ``erase_account`` enters the erasure of the member with a target's account, as the target asked,
    at a time it may not tell; None where the app knows no such member.
    ``erase_stranger`` deletes the traces of an account that is no member's; it returns how many
    rows went, by the table's label.
    """

    users_of: Callable[[Subject], Iterable[UUID]] = _of_nobody
    erase_account: Callable[[str, str, datetime | None], Removal | None] = _not_found
    erase_stranger: Callable[[str, str], Mapping[str, int]] = _nothing_left


@cache
def hooks() -> tuple[Hooks, ...]:
    """Return every app's answers, in the order of ``INSTALLED_APPS``."""
    return tuple(module.HOOKS for module in _modules())


@cache
def aged() -> tuple[Aged, ...]:
    """Return every list of rows that age, in the order in which they can be deleted."""
    return tuple(entry for module in _modules() for entry in module.AGED)


@cache
def tables() -> tuple[Table, ...]:
    """Return every listed table, in the order in which rows can be deleted."""
    return tuple(table for module in _modules() for table in module.TABLES)


@cache
def without_customers() -> dict[str, str]:
    """Return the models declared free of customers' data, each with the reason."""
    return {model: why for module in _modules() for model, why in module.WITHOUT_CUSTOMERS.items()}


def subject_of(removal: Removal) -> Subject:
    """Return whose rows a removal takes away."""
    return Subject(
        scope=RemovalScope(removal.scope),
        organization_id=removal.organization_id,
        installation_ids=_generations(removal),
        member_id=removal.member_id,
        user_ids=tuple(UUID(key) for key in removal.user_ids),
    )


def _generations(removal: Removal) -> tuple[UUID, ...]:
    """Return the removed generation, and those that it had replaced step by step.

    Each step kept the bot or the community; what shares neither with a later one stays.
    """
    gone = Installation.objects.filter(
        organization=removal.organization_id, state__in=GONE_STATES
    ).filter(Q(removal=removal) | Q(generation__lt=removal.generation or 0))
    found: list[Installation] = list(Installation.objects.filter(removal=removal))
    earlier = [each for each in gone.order_by("-generation") if each not in found]
    while following := [each for each in earlier if any(_replaced(one, each) for one in found)]:
        found += following
        earlier = [each for each in earlier if each not in following]
    return tuple(each.pk for each in found)


def _replaced(later: Installation, earlier: Installation) -> bool:
    """Tell whether the later one took over from the earlier one, as the same bot or community."""
    marks = {("bot", later.bot_id), ("community", later.community_id)}
    same = marks & {("bot", earlier.bot_id), ("community", earlier.community_id)}
    return later.target == earlier.target and any(value for _kind, value in same)


def _modules() -> list[Any]:
    return [
        import_module(f"{config.name}.{LISTS}")
        for config in apps.get_app_configs()
        if module_has_submodule(config.module, LISTS)
    ]
