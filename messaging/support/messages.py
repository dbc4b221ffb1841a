"""Sentences for each stored reason; every word that a row can hold has one."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.targets.setup import Words
from messaging.models import RESTING

# Why a message was not relayed, and what can be done so that the next one is.
_SKIPPED: Mapping[str, tuple[Words, Words]] = {
    "org_not_connected": (
        gettext_lazy("Not relayed: the organization was not connected to a chat."),
        gettext_lazy("An owner connects it. What was sent before is not carried later."),
    ),
    "org_paused": (
        gettext_lazy("Not relayed: delivery was paused for the organization."),
        gettext_lazy(
            "An owner resumes delivery, or switches the feature on again in ovice. What came in"
            " during the pause is not carried later."
        ),
    ),
    "multiple_recipients": (
        gettext_lazy("Not relayed: it was addressed to several people."),
        gettext_lazy("Only a message to one single person is carried."),
    ),
    "public_chat": (
        gettext_lazy("Not relayed: it was written to everybody in the space."),
        gettext_lazy("Only a message to one single person is carried."),
    ),
    "group_mention": (
        gettext_lazy("Not relayed: it was addressed to a group."),
        gettext_lazy("Only a message to one single person is carried."),
    ),
    "self_message": (gettext_lazy("Not relayed: sender and recipient are the same person."), ""),
    "recipient_not_member": (
        gettext_lazy("Not relayed: the recipient was a visitor, a guest, or not in the directory."),
        gettext_lazy("Only members of the organization can link an account."),
    ),
    "not_linked": (
        gettext_lazy("Not relayed: the recipient had not linked an account."),
        gettext_lazy("They press Link in ovice's personal settings; what comes then is carried."),
    ),
    "before_link": (
        gettext_lazy("Not relayed: it was sent before the recipient linked their account."),
        gettext_lazy("What is sent from then on is carried."),
    ),
    "stale": (
        gettext_lazy("Not relayed: when ovice handed it over, it was already too old to send."),
        gettext_lazy("The owner's setting “Give up after” decides how old a message may be."),
    ),
    "empty": (gettext_lazy("Not relayed: there was nothing in it to read."), ""),
    "deleted": (gettext_lazy("Not relayed: its sender deleted it before it came in."), ""),
}
# Why something waiting was not sent any more.
_CANCELLED: Mapping[str, Words] = {
    "by_hand": gettext_lazy("Cancelled by hand."),
    "deleted": gettext_lazy("Cancelled: its sender deleted it in ovice before it went out."),
    "empty": gettext_lazy("Cancelled: its sender changed it, and nothing was left to read."),
    "content_gone": gettext_lazy("Cancelled: its text was erased before it went out."),
    "recipient_not_member": gettext_lazy("Cancelled: the recipient had left the organization."),
    "member_removed": gettext_lazy("Cancelled: the recipient had left the organization."),
    "org_disconnected": gettext_lazy("Cancelled: the organization was disconnected."),
    "user": gettext_lazy("Cancelled: the recipient ended their link."),
    "email_changed": gettext_lazy("Cancelled: the recipient's address changed, so the link ended."),
    "account_gone": gettext_lazy("Cancelled: the account was no longer the recipient's."),
    "link_ended": gettext_lazy("Cancelled: the recipient's link ended while it was being sent."),
}
# Reasons for which a call was not accepted, to stand after “Try 1:”.
_REFUSED: Mapping[str, Words] = {
    "not_reached": gettext_lazy("%(target)s could not be reached"),
    "unavailable": gettext_lazy("%(target)s could not serve anybody"),
    "rate_limited": gettext_lazy("%(target)s had too many requests of this connection"),
    "blocked": gettext_lazy("%(target)s had blocked this connection"),
    "needs_attention": gettext_lazy("%(target)s refused this connection"),
    "token_rejected": gettext_lazy("%(target)s did not accept the access token"),
    "permission_missing": gettext_lazy("the integration lacked a permission"),
    "proof_rejected": gettext_lazy("%(target)s did not accept the proof of the app secret"),
    "clock_skewed": gettext_lazy("the clock of this service was wrong"),
    "recipient_gone": gettext_lazy("%(target)s takes nothing for this person"),
    "content_refused": gettext_lazy("%(target)s refuses this very message"),
    "unconfirmed": gettext_lazy("no answer came, so it may have arrived or not"),
    "poison": gettext_lazy("our own program failed before it called"),
    "unknown": gettext_lazy("%(target)s refused it without a reason we know"),
}
# Advice about a message that was given up.
_HELP: Mapping[str, Words] = {
    "recipient_gone": gettext_lazy(
        "The recipient allows messages of the sender in the chat again, or asks their"
        " administrator whether the account is active."
    ),
    "content_refused": gettext_lazy("Nothing helps this message. The next one is not affected."),
    "poison": gettext_lazy("Tell the operator this delivery's id."),
    "unconfirmed": gettext_lazy("Ask the recipient. If they do not have it, send it once more."),
}
_ENDED: Mapping[str, Words] = {
    "user": gettext_lazy("the member ended it"),
    "member_removed": gettext_lazy("the member left the organization"),
    "email_changed": gettext_lazy("their address in ovice changed"),
    "org_disconnected": gettext_lazy("the organization was disconnected"),
    "account_gone": gettext_lazy("the account is no longer theirs, or not active"),
}
_DEEDS: Mapping[str, Words] = {
    "replayed": gettext_lazy("%(who)s had it sent once more."),
    "cancelled": gettext_lazy("%(who)s had it cancelled."),
}

# Every word that a delivery's reason can be, for a filter to offer.
REASONS = (RESTING, "replayed", *_REFUSED, *_CANCELLED)


def skipped(reason: str) -> tuple[str, str]:
    """Return why a message was not relayed, and what helps the next one, perhaps nothing."""
    unknown = (_("Not relayed: %(reason)s.") % {"reason": reason}, "")
    text, advice = _SKIPPED.get(reason, unknown)
    return str(text), str(advice)


def cancelled(reason: str, target: str) -> str:
    """Return why a delivery was cancelled; ``target`` is the target's key."""
    known = _CANCELLED.get(reason.removeprefix(f"{target}_"))
    return str(known or _("Cancelled: %(reason)s.") % {"reason": reason})


def refused(reason: str, label: str) -> str:
    """Return what a call met, as the second half of a sentence."""
    known = _REFUSED.get(reason, _REFUSED["unknown"])
    return str(known) % {"target": label}


def help_for(reason: str) -> str:
    """Return what can be done about a delivery that was given up for this reason."""
    known = _HELP.get(reason, gettext_lazy("When the cause is mended, send it once more."))
    return str(known)


def ended(reason: str, target: str) -> str:
    """Return why a link ended, as the second half of a sentence."""
    return str(_ENDED.get(reason.removeprefix(f"{target}_"), reason))


def deed(done: str, who: str) -> str:
    """Return what somebody did to a delivery by hand, or nothing for what is none of it."""
    return str(_DEEDS[done]) % {"who": who} if done in _DEEDS else ""
