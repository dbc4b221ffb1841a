"""Inventory for an owner: what is stored of their organization, how much of it, until when."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.models import Organization
from integrations.models.removal import Removal, RemovalScope
from integrations.removal.data_map import Subject, tables
from integrations.removal.lookup import organization_hash
from integrations.targets.setup import Words

# For so long a page may show the same numbers; it says so.
COUNTED_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stored:
    """One line of what is stored of an organization: in words, how many, and until when.

    ``rows`` is None where rows do not say whose they are.
    """

    what: str
    rows: int | None
    until: str


def what_is_stored(organization: Organization) -> list[Stored]:
    """Return what is stored of an organization and until when, in the active language."""
    subject = Subject(RemovalScope.ORGANIZATION, organization.pk)
    counts = _counted(subject, int(time.monotonic() // COUNTED_FOR.total_seconds()))
    lines = [
        Stored(str(what), sum(counts[model] for model in models), until(models[0]))
        for what, models, until in LINES
    ]
    return [
        Stored(
            _("Texts of direct messages, encrypted"),
            _with_text(subject),
            _until_settled(organization),
        ),
        *lines,
        Stored(
            _("Identifiers of sign-ins from ovice, so that none works twice"),
            None,
            _kept("accounts.UsedLaunch"),
        ),
        Stored(
            _("Addresses typed to sign in, whosever they are, and the codes for them, encrypted"),
            None,
            _kept("accounts.SignInCode"),
        ),
        Stored(
            _("Removals and their receipts: counts and times, no names"),
            _removals(organization).count(),
            _kept("integrations.Removal"),
        ),
    ]


@lru_cache(maxsize=64)
def _counted(subject: Subject, _turn: int) -> Mapping[str, int]:
    """Return each table's number of rows: some thirty questions, not asked with each reload."""
    return {table.model: table.rows(subject).count() for table in tables()}


def _removals(organization: Organization) -> QuerySet[Removal]:
    """Return the organization's removals; one that has ended knows no more of it than a hash."""
    by_hash = Q(organization_hash=organization_hash(organization.ovice_id))
    return Removal.objects.filter(Q(organization=organization) | by_hash)


def _with_text(subject: Subject) -> int:
    messages = next(table for table in tables() if table.model == "messaging.Message")
    return messages.rows(subject).exclude(content_sealed=None).count()


def _until_settled(organization: Organization) -> str:
    hours = round(organization.expire_after.total_seconds() / 3600)
    return _("until delivered, or at most %(period)s") % {"period": _hours(hours)}


def _kept(model: str) -> str:
    period = settings.RETENTION[model]
    return _days(period.days) if period.days else _hours(round(period.total_seconds() / 3600))


def _while_a_member(_model: str) -> str:
    return _("until ovice says that the person has left")


def _while_linked(model: str) -> str:
    return _("until the link ends; then %(period)s") % {"period": _kept(model)}


def _while_connected(_model: str) -> str:
    return _("until you disconnect: the token is destroyed at once, the rest within %(period)s") % {
        "period": _days(settings.REMOVAL_GRACE.days)
    }


def _while_there(model: str) -> str:
    return _("until ovice says that it is gone; then %(period)s") % {"period": _kept(model)}


def _while_an_owner(model: str) -> str:
    return _("until they own no organization here and have not signed in for %(period)s") % {
        "period": _kept(model)
    }


def _while_signed_in(_model: str) -> str:
    longest = {"period": _hours(round(settings.SESSION_COOKIE_AGE / 3600))}
    return _("until the sign-in ends, %(period)s at most") % longest


def _days(days: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def _hours(hours: int) -> str:
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


# Counted rows, in words; their tables; and how to say until when, from the first of them.
LINES: tuple[tuple[Words, tuple[str, ...], Callable[[str], str]], ...] = (
    (
        gettext_lazy("Deliveries: when each message went out and how it ended, without its text"),
        ("messaging.Delivery", "messaging.Message", "messaging.Mentioned", "messaging.Attempt"),
        _kept,
    ),
    (
        gettext_lazy("Identifiers of received events, so that none works twice"),
        ("messaging.ReceivedEvent",),
        _kept,
    ),
    (
        gettext_lazy("That somebody tapped, wrote or read something in the chat, never what"),
        ("messaging.ReceivedUpdate", "messaging.Conversation"),
        _kept,
    ),
    (
        gettext_lazy("What our own checks found wrong with deliveries, by identifiers"),
        ("messaging.Incident",),
        _kept,
    ),
    (
        gettext_lazy("What ovice was told: identifiers and states"),
        ("integrations.Callback",),
        _kept,
    ),
    (
        gettext_lazy("Members: names and e-mail addresses, encrypted"),
        ("accounts.Member",),
        _while_a_member,
    ),
    (
        gettext_lazy("Links to chat accounts, and members' own choices"),
        ("accounts.Link", "accounts.Choices"),
        _while_linked,
    ),
    (gettext_lazy("Names of spaces"), ("integrations.Space",), _while_there),
    (
        gettext_lazy("Connections, with the access token encrypted"),
        (
            "integrations.Installation",
            "messaging.Lane",
            "messaging.Canary",
            "integrations.Organization",
            "integrations.DataKey",
            "accounts.DirectorySync",
        ),
        _while_connected,
    ),
    (
        gettext_lazy("Owners' addresses and second factors"),
        (
            "accounts.User",
            "accounts.Ownership",
            "accounts.User_groups",
            "accounts.User_user_permissions",
            "account.EmailAddress",
            "account.EmailConfirmation",
            "mfa.Authenticator",
        ),
        _while_an_owner,
    ),
    (gettext_lazy("Mails to owners"), ("accounts.OwnerMail",), _kept),
    (gettext_lazy("Installations of the app that were begun"), ("accounts.InstallRequest",), _kept),
    (gettext_lazy("Who is signed in"), ("sessions.Session",), _while_signed_in),
    (
        gettext_lazy("History of changes, and of what staff looked at"),
        ("auditlog.LogEntry", "admin.LogEntry"),
        _kept,
    ),
)
