"""Health of a connection: green, amber or red, why, its last proof of life, and what comes next."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from core.queue import hint
from integrations.connections.deafness import deafness_of
from integrations.connections.hold import end_attention, need_attention
from integrations.connections.schedule import next_regular_check
from integrations.models import LIVE_STATES, Installation, InstallationKind, InstallationState
from integrations.signals import installation_deaf
from integrations.targets.errors import NeedsAttention, PermissionMissing, TargetError
from integrations.targets.port import Connection, guide_of, open_target
from integrations.targets.setup import Words

logger = structlog.stdlib.get_logger(__name__)

RECHECK = "integrations.tasks.recheck"
# Most checks that are begun in one go; the rest is due again a minute later.
BATCH = 50
# A check that was begun and never ended is begun again.
_LOST_AFTER = timedelta(minutes=10)
_WHILE_AILING = timedelta(minutes=15)
_WHILE_AWAY = timedelta(minutes=5)
# Successful calls note a proof of life no oftener than this.
_PROOF_EVERY = timedelta(minutes=10)


class Light(StrEnum):
    """How bad it is: works; works with limits or passes by itself; needs the owner; is no more."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Health:
    """``reason`` is a stable word, empty where all is well; the texts are for the owner."""

    light: Light
    reason: str
    text: str
    next_step: str
    proven_at: datetime | None


_WAIT = _("There is nothing you have to do. What comes in meanwhile waits and is sent later.")
_TEXTS: Mapping[str, tuple[Light, Words, Words]] = {
    "": (Light.GREEN, _("Direct messages are being delivered."), ""),
    "token_rejected": (
        Light.RED,
        _(
            "%(target)s no longer accepts the access token. It was reset, or the integration was"
            " disabled or deleted."
        ),
        _("In %(target)s, create a new access token for the integration, and paste it here."),
    ),
    "permission_missing": (
        Light.RED,
        _("The integration has lost a permission that it needs."),
        _(
            "In %(target)s, give the integration both permissions again: to message members,"
            " and to read their e-mail address. We look every few minutes."
        ),
    ),
    "proof_rejected": (
        Light.RED,
        _(
            "%(target)s wants a proof of the app secret, and the secret stored here is missing or"
            " wrong."
        ),
        _(
            "Copy the app secret from the integration's details in %(target)s, and save it on the"
            " connection's page. The access token may stay as it is."
        ),
    ),
    "clock_skewed": (
        Light.RED,
        _("The clock of this service is wrong, and %(target)s therefore refuses what it sends."),
        _("Your settings are right. Tell the operator of this service to set its clock."),
    ),
    "needs_attention": (
        Light.RED,
        _("%(target)s refuses what is sent with this connection."),
        _("Check the connection. If that does not help, paste a new access token."),
    ),
    "outage": (Light.AMBER, _("%(target)s cannot be reached, or does not work just now."), _WAIT),
    "rate_limited": (Light.AMBER, _("%(target)s takes only so many messages at a time."), _WAIT),
    "blocked": (
        Light.AMBER,
        _("%(target)s has blocked the integration for a while."),
        _("Ask the administrator of your %(target)s why. What comes in meanwhile waits."),
    ),
    "deaf": (
        Light.AMBER,
        _(
            "Direct messages are being delivered, but %(target)s no longer tells us what happens in"
            " its chats: the bot does not answer."
        ),
        _(
            "In %(target)s, open the integration's webhooks and check that they are switched on."
            " With an installed app, tell the operator of this service."
        ),
    ),
    "never_heard": (
        Light.AMBER,
        _(
            "Direct messages are being delivered, but %(target)s has never told us what happens in"
            " its chats: the bot does not answer."
        ),
        _(
            "Set up the integration's webhooks in %(target)s, as the connection's page says under"
            " “Let the bot answer”. With an installed app, tell the operator of this service."
        ),
    ),
    "no_secret": (
        Light.AMBER,
        _(
            "Direct messages are being delivered, but the bot does not answer: without the app"
            " secret nobody can tell what really comes from %(target)s."
        ),
        _(
            "Copy the app secret from the integration's details in %(target)s, and save it on the"
            " connection's page. The access token may stay as it is."
        ),
    ),
    "webhooks_refused": (
        Light.AMBER,
        _(
            "Direct messages are being delivered, but the bot does not answer: what comes in as"
            " from %(target)s does not fit the app secret that is stored here."
        ),
        _(
            "Copy the app secret of the same integration once more in %(target)s, and save it on"
            " the connection's page. The access token may stay as it is."
        ),
    ),
    "paused": (
        Light.AMBER,
        _("You have paused delivery. New direct messages are not taken in."),
        _("Resume delivery when you like. The links have stayed."),
    ),
    "disabled": (
        Light.AMBER,
        _("In ovice the feature is switched off for your organization."),
        _("Switch it on in ovice. The links have stayed."),
    ),
    "gone": (
        Light.OFF,
        _("This connection has ended."),
        _("Connect again whenever you like."),
    ),
}
# An installed app has no token that could be pasted, and its secret is the operator's.
_TEXTS_OF_APP: Mapping[str, tuple[Words, Words]] = {
    "token_rejected": (
        _("%(target)s no longer accepts the app. It was uninstalled there, or switched off."),
        _("Install the app again, from the connection's page. Links and waiting messages stay."),
    ),
    "permission_missing": (
        _("The app has lost a permission that it needs."),
        _("Install the app again and allow both permissions. Links and waiting messages stay."),
    ),
    "proof_rejected": (
        _("%(target)s does not accept the app secret of this service."),
        _("Your settings are right. Tell the operator of this service to check the app secret."),
    ),
    "needs_attention": (
        _("%(target)s refuses what is sent with this connection."),
        _("Check the connection. If that does not help, install the app again."),
    ),
}
_OUTAGES = {"not_reached", "unavailable", "unconfirmed", "unknown"}


def health_of(installation: Installation) -> Health:
    """Return how the connection is, from what is stored; makes no call."""
    reason = _reason(installation)
    text, next_step = explain_trouble(installation.target, reason, installation.kind)
    return Health(
        light=_TEXTS[reason][0],
        reason=reason,
        text=text,
        next_step=next_step,
        proven_at=installation.proven_at,
    )


def explain_trouble(target: str, reason: str, kind: str) -> tuple[str, str]:
    """Return what a reason means, and what to do, in the language in force.

    ``kind`` is the installation's: who pasted a token can paste another, who installed the app
    installs it again.
    """
    known = reason if reason in _TEXTS else "needs_attention"
    text, next_step = _TEXTS[known][1:]
    if kind == InstallationKind.THIRD_PARTY:
        text, next_step = _TEXTS_OF_APP.get(known, (text, next_step))
    values = {"target": str(guide_of(target).label)}
    return str(text) % values, str(next_step) % values


def _reason(installation: Installation) -> str:
    """Return the worst thing first."""
    organization = installation.organization
    held = installation.held_until is not None and installation.held_until > now()
    if installation.state not in LIVE_STATES:
        return "gone"
    if installation.state == InstallationState.ATTENTION:
        known = installation.attention_reason in _TEXTS and installation.attention_reason
        return known or "needs_attention"
    if not organization.feature_enabled:
        return "disabled"
    if organization.paused_at is not None or installation.state == InstallationState.PAUSED:
        return "paused"
    if held:
        known = installation.hold_reason in _TEXTS and installation.hold_reason
        return known or "rate_limited"
    return "outage" if installation.trouble else deafness_of(installation).value


def note_alive(installation: Installation) -> None:
    """Note a DM that was accepted. Costs nothing but a comparison most of the time."""
    at = now()
    recent = installation.proven_at is not None and installation.proven_at > at - _PROOF_EVERY
    if recent and not installation.trouble:
        return
    installation.proven_at, installation.trouble = at, ""
    Installation.objects.filter(pk=installation.pk).update(
        proven_at=at, sent_at=at, trouble="", trouble_at=None
    )


def recheck(installation: Installation) -> Health:
    """Check the connection live, write down what was found, and return how it is now."""
    with suppress(TargetError):
        check_live(installation)
    installation.refresh_from_db()
    return health_of(installation)


def check_live(installation: Installation) -> Connection:
    """Check the connection live and write down what was found; raise the ``TargetError`` met.

    A lack of permissions is found in the answer. A call of this kind also keeps a custom
    integration from being deactivated: the platform does so after 60 days without one (Workplace,
    "Custom integrations").
    """
    try:
        connection = open_target(installation.target, installation.credentials()).check()
    except NeedsAttention as error:
        _note_refusal(installation, error.reason)
        raise
    except TargetError as error:
        _note_trouble(installation, error)
        raise
    if connection.missing_permissions:
        _note_refusal(installation, PermissionMissing.reason)
    else:
        _note_success(installation, connection)
    return connection


def recheck_by_id(installation_id: UUID) -> None:
    """Check the connection unless it has ended."""
    live = Installation.objects.live().select_related("organization")
    installation = live.filter(pk=installation_id).first()
    if installation is not None:
        recheck(installation)


def start_due_checks() -> int:
    """Queue the checks that are due, and return how many; nobody else queues the same ones."""
    at = now()
    due = Installation.objects.live().filter(Q(next_check_at=None) | Q(next_check_at__lte=at))
    started = 0
    for pk, planned in due.order_by("next_check_at").values_list("pk", "next_check_at")[:BATCH]:
        mine = Installation.objects.filter(pk=pk, next_check_at=planned)
        if mine.update(next_check_at=at + _LOST_AFTER):
            started += 1
            hint(RECHECK, str(pk))
    return started


def _note_success(installation: Installation, connection: Connection) -> None:
    at = now()
    Installation.objects.filter(pk=installation.pk).update(
        proven_at=at,
        trouble="",
        trouble_at=None,
        next_check_at=next_regular_check(at),
        permissions=list(connection.permissions),
    )
    end_attention(installation)
    if deafness := deafness_of(installation):
        installation_deaf.send(Installation, installation=installation, reason=deafness.value)


def _note_refusal(installation: Installation, reason: str) -> None:
    need_attention(installation, reason=reason)
    _plan(installation, now() + _WHILE_AILING)


def _note_trouble(installation: Installation, error: TargetError) -> None:
    row = Installation.objects.filter(pk=installation.pk)
    row.filter(trouble="").update(trouble_at=now())
    reason = "outage" if error.reason in _OUTAGES else error.reason
    row.update(trouble=reason)
    _plan(installation, now() + _WHILE_AWAY)
    logger.info("installation could not be checked", installation=installation.pk, **error.fields)


def _plan(installation: Installation, at: datetime) -> None:
    Installation.objects.filter(pk=installation.pk).update(next_check_at=at)
