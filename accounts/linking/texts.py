"""Why a member cannot be linked, or is not any more, in words that say what to do next.

The codes are the contract's (section 7.7); where it gives a text, this is that text. A code that
begins with a target's key (``workplace_account_taken``) is looked up without it.
"""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy

from integrations.targets.port import TARGETS, guide_of
from integrations.targets.setup import Words

_TEXTS: Mapping[str, Words] = {
    # A link is refused.
    "org_not_connected": gettext_lazy(
        "Your organization has not set up %(target)s yet. Ask an organization owner."
    ),
    "not_organization_user": gettext_lazy("Only organization users can link an account."),
    "email_unverified": gettext_lazy("Verify your ovice account's email address first."),
    "account_not_found": gettext_lazy(
        "No %(target)s account uses the same email address (%(email)s)."
    ),
    "account_inactive": gettext_lazy("The %(target)s account with this address is not active."),
    "account_taken": gettext_lazy("This %(target)s account is already linked to another user."),
    "token_invalid": gettext_lazy("The access token is not valid. Create a new one in %(target)s."),
    "permission_missing": gettext_lazy("The integration lacks a permission: %(permission)s"),
    "temporarily_unavailable": gettext_lazy("%(target)s did not answer. Try again later."),
    "account_changed": gettext_lazy(
        "Something has changed since this page was opened. Look at the account below, then link."
    ),
    "too_many_tries": gettext_lazy("Too many tries. Wait a minute, then try again."),
    # A link has ended, or does not work just now.
    "email_changed": gettext_lazy(
        "Your email address in ovice has changed, so your link has ended. Link again to go on."
    ),
    "member_removed": gettext_lazy(
        "You had left the organization, so your link has ended. Link again to go on."
    ),
    "org_disconnected": gettext_lazy(
        "Your organization had disconnected %(target)s, so your link has ended. Link again to go"
        " on."
    ),
    "account_gone": gettext_lazy(
        "The %(target)s account you were linked to is no longer active, or no longer has your"
        " address, so your link has ended."
    ),
    "recipient_refused": gettext_lazy(
        "%(target)s does not accept messages for your account. If you have blocked the sender"
        " there, allow it; then try again."
    ),
    "org_paused": gettext_lazy("Delivery is paused by your organization. Your link stays."),
    "org_attention": gettext_lazy(
        "Your organization's connection to %(target)s needs an organization owner. Your link stays"
        " and your messages wait."
    ),
}


def explain(code: str, target: str = "", *, email: str = "", permission: str = "") -> str:
    """Return the text for ``code`` in the reader's language; ``target`` is a target's key.

    ``email`` is the reader's own address, ``permission`` the permission's name in the target. A
    code that nobody has named has no text.
    """
    target = target or next(iter(TARGETS))
    guide = guide_of(target)
    text = _TEXTS.get(code.removeprefix(f"{target}_"), "")
    permission = str(guide.permissions.get(permission, permission))
    return str(text) % {"target": guide.label, "email": email, "permission": permission}
