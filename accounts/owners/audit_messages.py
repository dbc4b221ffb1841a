"""Sentences for an entry of the audit log, and its actor as far as a reader may know."""

from collections.abc import Mapping

from auditlog.models import LogEntry
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.owners.audit_log import role_of_entry
from accounts.owners.roles import STAFF, SiteRole, Visitor, role_of
from integrations.targets.setup import Words

_ROLES: Mapping[SiteRole, Words] = {
    SiteRole.OWNER: gettext_lazy("An owner"),
    SiteRole.SUPPORT: gettext_lazy("Support"),
    SiteRole.ADMINISTRATOR: gettext_lazy("An administrator"),
}
_DONE: Mapping[str, Words] = {
    "link_checked": gettext_lazy("Checked whose account it is"),
    "pause_delivery": gettext_lazy("Paused delivery"),
    "resume_delivery": gettext_lazy("Resumed delivery"),
    "purge_brought_forward": gettext_lazy("Had it purged at once"),
    "replayed_window": gettext_lazy("Had sent once more what was given up in a window of time"),
    "member_erased": gettext_lazy("Had a member erased"),
    "invited": gettext_lazy("Invited to link"),
    "checked": gettext_lazy("Checked the connection"),
    "test_sent": gettext_lazy("Sent themselves a test message"),
    "disconnected": gettext_lazy("Disconnected"),
    "replayed": gettext_lazy("Had it sent once more"),
    "cancelled": gettext_lazy("Cancelled it"),
    "callback_retried": gettext_lazy("Had ovice told again"),
    "directory_confirmed": gettext_lazy("Had the missing people removed"),
}
_LOOKED: Mapping[str, Words] = {
    "story": gettext_lazy("Looked at what happened to it"),
    "found": gettext_lazy("Found it by the search"),
    "page": gettext_lazy("Looked at its page"),
    "list": gettext_lazy("Looked at a list of members or messages"),
    "export": gettext_lazy("Exported a list of members or messages"),
}


def role_word(entry: LogEntry) -> str:
    """Return what kind of person did it; never who."""
    role = role_of_entry(entry)
    return str(_ROLES[role]) if role else _("Kotozute itself")


def who_did_it(entry: LogEntry, reader: Visitor) -> str:
    """Return the role, and the redacted address where it is one of the reader's own people."""
    colleagues = role_of(reader) in STAFF or role_of_entry(entry) not in STAFF
    named = f" ({entry.actor})" if colleagues and entry.actor is not None else ""
    return f"{role_word(entry)}{named}"


def what_was_done(entry: LogEntry) -> str:
    """Return what was done or seen, or the changed fields with their old and new values."""
    changes = entry.changes_dict
    for verb, words in (("done", _DONE), ("looked", _LOOKED)):
        if set(changes) == {verb}:
            code = changes[verb][-1]
            return str(words.get(code, code))
    if entry.action == LogEntry.Action.CREATE:
        # Each of its columns begins somehow; that says nothing.
        return str(entry.get_action_display())
    changed = entry.changes_display_dict.items()
    told = [f"{name}: {_shown(old)} → {_shown(new)}" for name, (old, new) in changed if old != new]
    return f"{entry.get_action_display()}: {'; '.join(told)}"


def _shown(value: str) -> str:
    """Return a column's value as a reader takes it; nothing is written as a dash."""
    return "–" if value in ("", "None") else value
