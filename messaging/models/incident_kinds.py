"""Kinds of trouble the self-checks know, the meaning of each, and the place to look."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """Kind of trouble."""

    # About the whole service.
    NO_WORKER = "no_worker"
    BEAT_MISSING = "beat_missing"
    BROKER_AWAY = "broker_away"
    NO_EVENTS = "no_events"
    OUTAGE = "outage"
    CALLBACKS_WAIT = "callbacks_wait"
    # About one organization or one of its connections.
    LOST = "lost"
    UNPROVEN = "unproven"
    STUCK = "stuck"
    BEHIND = "behind"
    NOTHING_DELIVERED = "nothing_delivered"
    ALL_SKIPPED = "all_skipped"
    QUIET = "quiet"
    LINKS_WAIT = "links_wait"
    WEBHOOKS_SILENT = "webhooks_silent"
    TEXT_KEPT = "text_kept"
    CANARY_LATE = "canary_late"


class Words(NamedTuple):
    """Description of a kind, and the places an operator looks at."""

    text: str | Promise
    look_at: str | Promise


# Holidays look like this too, so these wake nobody and stop no heartbeat.
NOTICES = frozenset({Kind.QUIET})

# So that a word never lacks a figure, whatever an older version wrote down.
ABOUT_ALL: Mapping[str, object] = {"count": "?", "minutes": "?", "usual": "?", "reasons": "?"}

WORDS: Mapping[Kind, Words] = {
    Kind.NO_WORKER: Words(
        _("No worker answers (%(minutes)s minutes); %(count)s direct messages are due."),
        _("See that workers run and reach Redis and the database, and read their logs."),
    ),
    Kind.BEAT_MISSING: Words(
        _("The scheduler does not show itself (%(minutes)s minutes)."),
        _("See that beat runs and reaches Redis. Without it retries, purges and mails wait."),
    ),
    Kind.BROKER_AWAY: Words(
        _("Redis cannot be reached."),
        _("See that the server of REDIS_URL runs. Direct messages are accepted and wait."),
    ),
    Kind.NO_EVENTS: Words(
        _("ovice has sent nothing for %(minutes)s minutes; usually at least %(usual)s come."),
        _("See that the web processes answer at BASE_URL, and ask ovice whether its calls fail."),
    ),
    Kind.OUTAGE: Words(
        _("%(about)s has not answered for %(minutes)s minutes; everything for it waits."),
        _("See whether this machine reaches it. It is asked again and again, and then goes on."),
    ),
    Kind.CALLBACKS_WAIT: Words(
        _("%(count)s notices to ovice should have been sent %(minutes)s minutes ago."),
        _("Run `manage.py callbacks`; see that beat and workers run."),
    ),
    Kind.LOST: Words(
        _("%(count)s accepted direct messages have no delivery."),
        _("This must not happen. Keep the database as it is, and report it with this id."),
    ),
    Kind.UNPROVEN: Words(
        _("%(count)s direct messages count as delivered although no call for them succeeded."),
        _("This must not happen. Keep the database as it is, and report it with this id."),
    ),
    Kind.STUCK: Words(
        _("%(count)s direct messages are due, and nobody has tried to send them for a while."),
        _("Run `manage.py sweep`; then look for this installation's id in the workers' logs."),
    ),
    Kind.BEHIND: Words(
        _("Direct messages are being sent, but the oldest has waited for %(minutes)s minutes."),
        _("See how busy the workers are; add some, or wait if a backlog is being worked off."),
    ),
    Kind.NOTHING_DELIVERED: Words(
        _("Of the last %(count)s direct messages none has been delivered (%(reasons)s)."),
        _("Look at the attempts of this connection's deliveries; `manage.py recheck` checks it."),
    ),
    Kind.ALL_SKIPPED: Words(
        _("Every direct message is left out (%(reasons)s); usually at least %(usual)s are sent."),
        _("See whether links ended; set the directory right with `manage.py sync_directory`."),
    ),
    Kind.QUIET: Words(
        _("No direct message for %(minutes)s minutes; usually at least %(usual)s come in them."),
        _("It may be a holiday. If not, ask ovice whether it sends this organization's events."),
    ),
    Kind.LINKS_WAIT: Words(
        _("The accounts of %(count)s links have not been looked up since the token was replaced."),
        _("Run `manage.py recheck`; see that beat and workers run."),
    ),
    Kind.WEBHOOKS_SILENT: Words(
        _("%(count)s direct messages were delivered, and the chat told of none of them."),
        _("See that the webhooks of this connection are switched on and reach BASE_URL."),
    ),
    Kind.TEXT_KEPT: Words(
        _("The texts of %(count)s direct messages are still stored although they are settled."),
        _("This must not happen. Report it with this id; `manage.py sweep` erases what may go."),
    ),
    Kind.CANARY_LATE: Words(
        _("The test message has not arrived within %(minutes)s minutes."),
        _("Look its delivery up in the portal by the id that begins with canary."),
    ),
}
