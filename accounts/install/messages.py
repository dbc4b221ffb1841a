"""Results of a live check of a connection, in words an owner can act on.

Nothing of a token, a secret or an answer of the target is repeated here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.targets.errors import (
    Blocked,
    ClockSkewed,
    PermissionMissing,
    ProofRejected,
    RateLimited,
    TargetError,
    TokenRejected,
)
from integrations.targets.port import Connection
from integrations.targets.setup import SetupGuide, Words


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is in order, or one that is not and what the owner does about it."""

    ok: bool
    text: str
    remedy: str = ""


_NEW_TOKEN = gettext_lazy("Create a new access token in %(target)s and paste it here.")
_LATER = gettext_lazy("Nothing was changed. Wait a few minutes, then check again.")
_TEXTS: Mapping[type[TargetError], tuple[Words, Words]] = {
    TokenRejected: (
        gettext_lazy(
            "%(target)s does not accept this access token. It may be incomplete, replaced by a"
            " newer one, or of an integration that was deleted."
        ),
        _NEW_TOKEN,
    ),
    PermissionMissing: (
        gettext_lazy("%(target)s does not let this integration do what it has to do."),
        gettext_lazy("Check the permissions of the integration in %(target)s."),
    ),
    ProofRejected: (
        gettext_lazy(
            "%(target)s wants a proof of the app secret and did not accept it: the secret is"
            " missing, mistyped, or of another integration than the token."
        ),
        gettext_lazy("Copy the app secret of the same integration and paste it here."),
    ),
    ClockSkewed: (
        gettext_lazy("The clock of this service is wrong, and %(target)s therefore refuses us."),
        gettext_lazy("Tell the operator of this service to set its clock."),
    ),
    RateLimited: (gettext_lazy("%(target)s got too many requests for this integration."), _LATER),
    Blocked: (
        gettext_lazy("%(target)s has blocked this integration for a while."),
        gettext_lazy("Ask the administrator of your %(target)s why, then check again."),
    ),
    TargetError: (gettext_lazy("%(target)s cannot be reached, or does not work just now."), _LATER),
}
_TOO_SLOW: tuple[Words, Words] = (
    gettext_lazy("%(target)s took too long to answer."),
    _LATER,
)
_NO_TOKEN: tuple[Words, Words] = (
    gettext_lazy("This is not an access token: it contains characters that no token has."),
    _NEW_TOKEN,
)


def explain(error: TargetError, guide: SetupGuide) -> list[Finding]:
    """Return what a refused check means."""
    if isinstance(error, PermissionMissing) and error.code:
        named = [name for name in error.code.split(",") if name in guide.permissions]
        if named:
            return [_missing(name, guide) for name in named]
    text, remedy = _words_of(error)
    values = {"target": str(guide.label)}
    extra = f" {guide.clock_help}" if type(error) is ProofRejected else ""
    return [Finding(ok=False, text=str(text) % values, remedy=str(remedy) % values + extra)]


def report(connection: Connection, guide: SetupGuide) -> list[Finding]:
    """Return what a check that was answered found: token, community, each permission."""
    findings = [Finding(ok=True, text=_("The access token works."))]
    if connection.community_name:
        text = _("Community: %(name)s") % {"name": connection.community_name}
        findings.append(Finding(ok=True, text=text))
    for name, label in guide.permissions.items():
        granted = name not in connection.missing_permissions
        text = _("Permission “%(label)s”") % {"label": label}
        findings.append(Finding(ok=True, text=text) if granted else _missing(name, guide))
    return findings


def _missing(name: str, guide: SetupGuide) -> Finding:
    text = _("The permission “%(label)s” is missing.") % {"label": guide.permissions[name]}
    return Finding(ok=False, text=text, remedy=str(guide.where_permissions_are))


def _words_of(error: TargetError) -> tuple[Words, Words]:
    if isinstance(error, TokenRejected) and error.code == "malformed":
        return _NO_TOKEN
    if error.code == "timeout":
        return _TOO_SLOW
    return next(_TEXTS[kind] for kind in type(error).__mro__ if kind in _TEXTS)
