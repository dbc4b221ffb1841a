"""History of an organization's connections: made, replaced, paused, heard, refused, ended.

It is the same for every member, and for each of them a reason why something did not come.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.owners.audit_messages import role_word
from integrations.connections.deafness import Deafness, deafness_of
from integrations.connections.health import explain_trouble
from integrations.models import LIVE_STATES, Installation, InstallationState, Organization
from integrations.targets.port import guide_of
from integrations.targets.setup import Words
from messaging.support.lines import Answer, Line, Tone

# The last ones: nobody reads more.
MOST_GENERATIONS = 10
MOST_SWITCHES = 20
_SWITCHED: dict[tuple[str, bool], tuple[Words, Tone]] = {
    ("paused_at", True): (gettext_lazy("%(who)s paused delivery."), Tone.WARN),
    ("paused_at", False): (gettext_lazy("%(who)s resumed delivery."), Tone.GOOD),
    ("feature_enabled", False): (
        gettext_lazy("In ovice the feature was switched off for the organization."),
        Tone.WARN,
    ),
    ("feature_enabled", True): (
        gettext_lazy("In ovice the feature was switched on for the organization."),
        Tone.GOOD,
    ),
}


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """The newest generations of an organization's connections, and when it was switched off."""

    generations: Sequence[Installation]
    switches: Sequence[LogEntry]


def facts_of_connections(organization: Organization) -> ConnectionFacts:
    """Read everything about the organization's connections, in two statements."""
    generations = organization.installations.order_by("-pk")[:MOST_GENERATIONS]
    kind = ContentType.objects.get_for_model(Organization)
    switches = LogEntry.objects.filter(
        Q(changes__has_key="paused_at") | Q(changes__has_key="feature_enabled"),
        content_type=kind,
        object_pk=str(organization.pk),
        action=LogEntry.Action.UPDATE,
    )
    newest = switches.select_related("actor").order_by("-timestamp")[:MOST_SWITCHES]
    return ConnectionFacts(tuple(generations), tuple(newest))


def connection_lines(facts: ConnectionFacts) -> Iterator[Line]:
    """Yield what happened to the connections."""
    for installation in facts.generations:
        yield from _generation(installation)
    for entry in facts.switches:
        yield from _switches(entry)


def hearing(installation: Installation) -> Iterator[Answer]:
    """Yield why the bot does not answer, also where its silence is no trouble yet."""
    if installation.told_at is not None or deafness_of(installation) is not Deafness.NONE:
        # Else its health says it.
        return
    reason = Deafness.NEVER_HEARD
    text = _("%(target)s has never told us what happens in its chats: the bot does not answer.")
    advice = explain_trouble(installation.target, reason, installation.kind)[1]
    yield Answer(text % {"target": _label(installation)}, Tone.WARN, advice)


def _label(installation: Installation) -> str:
    return str(guide_of(installation.target).label)


def _generation(installation: Installation) -> Iterator[Line]:
    said = {"target": _label(installation)}
    if installation.connected_at is not None:
        text = _("The organization was connected to %(target)s.")
        yield Line(text % said, installation.connected_at, Tone.GOOD)
    if installation.replaced_at is not None:
        text = _("The connection was replaced: links and waiting messages stayed.")
        yield Line(text, installation.replaced_at)
    elif installation.removed_at is not None:
        text = _("The connection to %(target)s ended, and its links with it.")
        yield Line(text % said, installation.removed_at, Tone.WARN)
    if installation.state in LIVE_STATES:
        yield from _trouble(installation)


def _trouble(installation: Installation) -> Iterator[Line]:
    said = {"target": _label(installation)}
    if installation.state == InstallationState.ATTENTION:
        reason, kind = installation.attention_reason, installation.kind
        text, _step = explain_trouble(installation.target, reason, kind)
        yield Line(text, installation.attention_at, Tone.BAD)
    if installation.told_at is not None:
        text = _("%(target)s last told us what happens in its chats.")
        yield Line(text % said, installation.told_at)
    if installation.refused_at is not None:
        text = _("Since then nothing but webhooks that the app secret does not prove: refused.")
        yield Line(text, installation.refused_at, Tone.BAD)


def _switches(entry: LogEntry) -> Iterator[Line]:
    for name, values in (entry.changes or {}).items():
        is_set = values[-1] not in (None, "None", "False", False)
        if (name, is_set) in _SWITCHED:
            text, tone = _SWITCHED[name, is_set]
            yield Line(str(text) % {"who": role_word(entry)}, entry.timestamp, tone)
