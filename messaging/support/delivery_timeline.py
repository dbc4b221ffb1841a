"""One delivery's part of a story: what happened to it, call by call. Nothing is looked up here."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.targets.port import guide_of
from messaging.models import Attempt, Delivery, DeliveryState, Outcome
from messaging.support import messages
from messaging.support.lines import Answer, Line, Tone, moment, span
from messaging.support.rows import Passage
from messaging.support.waiting import why_it_waits

# Below this nobody asks why something was late.
NOTICEABLE = timedelta(minutes=1)


def label_of(delivery: Delivery) -> str:
    """Return the name of the chat that a delivery goes to."""
    return str(guide_of(delivery.installation.target).label)


def arrived_in_part(delivery: Delivery) -> Iterator[str]:
    """Yield how much of a long message is there, where not all of it is."""
    arrived = max(delivery.parts_sent, delivery.parts_echoed)
    if arrived and delivery.state != DeliveryState.DELIVERED:
        text = ngettext(
            "Only %(count)d part of it has arrived, not all.",
            "Only %(count)d parts of it have arrived, not all.",
            arrived,
        )
        yield text % {"count": arrived}


def answer(passage: Passage) -> Answer:
    """Return how a delivery stands, or how it ended, in the fewest words."""
    whole = _answer(passage)
    return replace(whole, text=" ".join((whole.text, *arrived_in_part(passage.delivery))))


def _answer(passage: Passage) -> Answer:
    delivery = passage.delivery
    if delivery.state == DeliveryState.DELIVERED:
        return _arrived(passage)
    if delivery.state == DeliveryState.EXPIRED:
        return _expired(passage)
    if delivery.state == DeliveryState.CANCELLED:
        text = messages.cancelled(delivery.reason, delivery.installation.target)
        return Answer(text, Tone.WARN)
    if delivery.state == DeliveryState.FAILED:
        text = _("Given up: %(why)s.") % {
            "why": messages.refused(delivery.reason, label_of(delivery))
        }
        return Answer(text, Tone.BAD, messages.help_for(delivery.reason))
    return why_it_waits(passage)


def lines(passage: Passage) -> Iterator[Line]:
    """Yield what happened to a delivery, oldest first; what has no time comes where it belongs."""
    delivery = passage.delivery
    text = _("Queued for %(target)s.") % {"target": label_of(delivery)}
    yield Line(text, delivery.message.accepted_at)
    happened = [*_calls(passage), *_deeds(passage)]
    yield from sorted(happened, key=lambda line: line.at or delivery.sent_at)
    if delivery.parts_echoed:
        yield Line(_("Its echo came back: it stands in the chat."), tone=Tone.GOOD)
    yield from _end(passage)
    if delivery.reached_at:
        yield Line(_("It reached the recipient's device."), delivery.reached_at, Tone.GOOD)
    if delivery.seen_at:
        yield Line(_("The recipient saw it."), delivery.seen_at, Tone.GOOD)


def _calls(passage: Passage) -> Iterator[Line]:
    delivery, parts = passage.delivery, 0
    sent = sum(attempt.outcome == Outcome.SENT for attempt in passage.attempts)
    for number, attempt in enumerate(passage.attempts, 1):
        said = {"number": number, "took": _took(attempt), "target": label_of(delivery)}
        if attempt.outcome == Outcome.SENT:
            parts += 1
            text = _("Try %(number)d: %(target)s accepted it%(took)s.")
            if sent > 1:
                text = _("Try %(number)d: %(target)s accepted part %(part)d%(took)s.")
            yield Line(text % {**said, "part": parts}, attempt.started_at, Tone.GOOD)
        else:
            said["why"] = messages.refused(attempt.reason, label_of(delivery))
            tone = Tone.WARN if attempt.outcome == Outcome.UNCONFIRMED else Tone.BAD
            text = _("Try %(number)d: %(why)s%(took)s.") % said
            yield Line(text, attempt.started_at, tone)


def _took(attempt: Attempt) -> str:
    """Return code and duration of a call in brackets, as far as they are known."""
    seconds = attempt.duration.total_seconds() if attempt.duration is not None else None
    took = _("%(seconds).1f s") % {"seconds": seconds} if seconds is not None else ""
    code = _("code %(code)s") % {"code": attempt.code} if attempt.code else ""
    known = ", ".join(filter(None, (code, took)))
    return f" ({known})" if known else ""


def _deeds(passage: Passage) -> Iterator[Line]:
    for one in passage.deeds:
        if text := messages.deed(one.done, one.who):
            yield Line(text, one.at)


def _end(passage: Passage) -> Iterator[Line]:
    delivery = passage.delivery
    if delivery.settled_at is None:
        return
    if delivery.state == DeliveryState.DELIVERED:
        yield Line(_("Delivered."), delivery.settled_at, Tone.GOOD)
    elif delivery.state == DeliveryState.EXPIRED:
        yield Line(_("Too old to send: it expired."), delivery.settled_at, Tone.BAD)
    else:
        ended = answer(passage)
        yield Line(ended.text, delivery.settled_at, ended.tone)


def _arrived(passage: Passage) -> Answer:
    delivery = passage.delivery
    took = (delivery.settled_at or delivery.sent_at) - delivery.sent_at
    said = [_("Delivered %(span)s after it was sent.") % {"span": span(took)}]
    tone, advice = Tone.GOOD, ""
    if _may_be_there_twice(passage):
        tone = Tone.WARN
        said.append(_("It may have arrived twice: a try got no answer, so it was sent once more."))
        advice = _("Rather twice than never is the owner's choice; they can change it.")
    if took >= NOTICEABLE:
        said += delays(passage)
    return Answer(" ".join(said), tone, advice)


def _may_be_there_twice(passage: Passage) -> bool:
    """Tell whether a call without an answer was followed by one that was accepted."""
    outcomes = [attempt.outcome for attempt in passage.attempts]
    doubted = Outcome.UNCONFIRMED in outcomes
    return doubted and Outcome.SENT in outcomes[outcomes.index(Outcome.UNCONFIRMED.value) :]


def _expired(passage: Passage) -> Answer:
    delivery = passage.delivery
    age = delivery.expires_at - delivery.sent_at
    said = [_("Not delivered: it could not be sent within %(span)s.") % {"span": span(age)}]
    advice = _("The owner's setting “Give up after” decides how long is tried.")
    return Answer(" ".join([*said, *delays(passage)]), Tone.BAD, advice)


def delays(passage: Passage) -> list[str]:
    """Return what made a delivery late, or too late."""
    delivery, target = passage.delivery, label_of(passage.delivery)
    found = []
    handed_over = delivery.message.accepted_at - delivery.sent_at
    if handed_over >= NOTICEABLE:
        text = _("ovice handed it over only %(span)s after it was sent.")
        found.append(text % {"span": span(handed_over)})
    reasons = [attempt.reason for attempt in passage.attempts if attempt.reason]
    failed = ngettext(
        "%(count)d try failed: %(why)s.", "%(count)d tries failed: %(why)s.", len(reasons)
    )
    if reasons:
        why = "; ".join(messages.refused(reason, target) for reason in dict.fromkeys(reasons))
        found.append(failed % {"count": len(reasons), "why": why})
    first = passage.attempts[0].started_at if passage.attempts else delivery.settled_at
    if first and first - delivery.message.accepted_at >= NOTICEABLE:
        found.append(_before_the_first_call(passage, target))
    return found


def _before_the_first_call(passage: Passage, target: str) -> str:
    delivery = passage.delivery
    accepted_at = delivery.message.accepted_at
    if passage.hindered:
        why = "; ".join(
            messages.refused(reason, target) for reason in dict.fromkeys(passage.hindered)
        )
        return _("It waited while other calls of the organization failed: %(why)s.") % {"why": why}
    first = passage.attempts[0].started_at if passage.attempts else delivery.settled_at
    put_off = delivery.due_at - accepted_at >= NOTICEABLE
    if put_off and first is not None and delivery.due_at <= first:
        text = _("The recipient rested until %(until)s, by their own choice.")
        return text % {"until": moment(delivery.due_at)}
    return _(
        "Until the first try the connection was paused, held or in need of its owner, or older"
        " messages came first."
    )
