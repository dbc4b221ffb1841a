"""Reason for which a delivery waits: the one thing in its way, and when it goes on."""

from datetime import datetime, timedelta

from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.connections.health import Light, health_of
from integrations.models import UnconfirmedPolicy
from integrations.targets.port import guide_of
from messaging.models import RESTING, Delivery, DeliveryState
from messaging.support import messages
from messaging.support.lines import Answer, Tone, moment, span
from messaging.support.rows import Passage

# Longer than a sweep and a few time slices: then nobody is working.
STALLED_AFTER = timedelta(minutes=2)


def why_it_waits(passage: Passage) -> Answer:
    """Return what an open delivery waits for: the widest thing in its way comes first."""
    delivery, at = passage.delivery, now()
    return (
        _connection(delivery)
        or _outage(passage)
        or _doubt(delivery)
        or _rest(passage, at)
        or _turn(passage)
        or _next_try(delivery, at)
    )


def _connection(delivery: Delivery) -> Answer | None:
    installation = delivery.installation
    health = health_of(installation)
    if health.reason == "paused":
        text = _("Waiting: delivery is paused for the organization.")
        return Answer(text, Tone.WARN, _("It is sent when delivery is resumed."))
    if health.reason == "disabled":
        text = _("Waiting: in ovice the feature is switched off for the organization.")
        return Answer(text, Tone.WARN, _("It is sent when the feature is switched on again."))
    held = installation.held_until is not None and installation.held_until > now()
    if held and health.light is Light.AMBER and installation.held_until:
        text = _("Waiting until %(until)s: %(why)s")
        said = {"until": moment(installation.held_until), "why": health.text}
        return Answer(text % said, Tone.WARN, _("It is sent by itself."))
    if health.light in (Light.RED, Light.OFF):
        text = _("Waiting: %(why)s") % {"why": health.text}
        return Answer(text, Tone.BAD, health.next_step)
    return None


def _outage(passage: Passage) -> Answer | None:
    outage = passage.outage
    if outage is None or outage.began_at is None:
        return None
    text = _("Waiting: %(target)s has been down since %(since)s.")
    said = {
        "target": guide_of(passage.delivery.installation.target).label,
        "since": moment(outage.began_at),
    }
    return Answer(text % said, Tone.WARN, _("It is sent by itself, as soon as it is back."))


def _doubt(delivery: Delivery) -> Answer | None:
    if delivery.state == DeliveryState.SENDING:
        return Answer(_("It is being sent at this moment."))
    if delivery.state == DeliveryState.UNCONFIRMED:
        text = _("A try got no answer: it may have arrived. We wait for proof until %(until)s.")
        policy = delivery.installation.organization.unconfirmed_policy
        advice = _("Without proof it is sent once more.")
        if policy == UnconfirmedPolicy.RATHER_NEVER:
            advice = _("Without proof it is given up, as the owner chose.")
        return Answer(text % {"until": moment(delivery.due_at)}, Tone.WARN, advice)
    if delivery.link.unresolved_at is not None:
        text = _("Waiting: after the reconnect the recipient's account is being looked up anew.")
        return Answer(text, Tone.WARN, _("That takes minutes. It is sent by itself."))
    return None


def _rest(passage: Passage, at: datetime) -> Answer | None:
    until = passage.resting_until
    if until is None and passage.delivery.reason == RESTING and passage.delivery.due_at > at:
        until = passage.delivery.due_at
    if until is None:
        return None
    text = _("Waiting: the recipient rests, by their own choice, until %(until)s.")
    if until.year >= 9999:  # noqa: PLR2004 - a pause without an end
        text = _("Waiting: the recipient has paused, until they resume.")
    return Answer(text % {"until": moment(until)}, advice=_("It is sent when the rest is over."))


def _turn(passage: Passage) -> Answer | None:
    if not passage.older:
        return None
    text = ngettext(
        "Waiting: %(count)d older message to the same person has to arrive first.",
        "Waiting: %(count)d older messages to the same person have to arrive first.",
        passage.older,
    )
    advice = _("Look at the oldest of them: it says what is in the way.")
    return Answer(text % {"count": passage.older}, Tone.WARN, advice)


def _next_try(delivery: Delivery, at: datetime) -> Answer:
    label = str(guide_of(delivery.installation.target).label)
    if delivery.due_at > at and delivery.tries + delivery.unconfirmed_tries:
        text = _("Waiting: the last try failed, %(why)s. The next one is at %(until)s.")
        why = messages.refused(delivery.reason, label)
        return Answer(text % {"why": why, "until": moment(delivery.due_at)}, Tone.WARN)
    if delivery.due_at > at:
        return Answer(_("Waiting until %(until)s.") % {"until": moment(delivery.due_at)})
    if at - delivery.due_at < STALLED_AFTER:
        return Answer(_("It is next in line: a worker takes it within seconds."))
    text = _("It has been due for %(span)s and nothing is in its way: no worker takes it.")
    advice = _("Tell the operator: the workers are down, or have too much to do.")
    return Answer(text % {"span": span(at - delivery.due_at)}, Tone.BAD, advice)
