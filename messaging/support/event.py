"""The story of an event that left no message of its own."""

from django.utils.translation import gettext as _

from messaging.models import ReceivedEvent
from messaging.support.lines import Answer, Line, Story, Tone


def tell_event(event: ReceivedEvent) -> Story:
    """Return what became of an event by itself."""
    texts = {
        "duplicate": _("It brought a message that was there already: the first one counts."),
        "applied": _("It was applied."),
        "ignored": _("It was of no concern here, and was ignored."),
        "org_not_connected": _("Not relayed: its organization was not known here."),
    }
    text = texts.get(event.outcome, _("It was taken in; what became of it is no longer stored."))
    return Story(
        title=_("Event %(id)s") % {"id": event.ovice_id},
        answers=(Answer(text, Tone.PLAIN if event.outcome == "applied" else Tone.WARN),),
        lines=(Line(_("Received from ovice."), event.received_at),),
        facts=(
            (_("Type"), event.type),
            (_("Organization"), str(event.organization or "-")),
        ),
    )
