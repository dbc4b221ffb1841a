"""An owner connects their organization: tried live first, each result in words to act on."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_variables

from accounts.install.messages import Finding, explain, report
from integrations.connections.connect import (
    AlreadyConnectedError,
    OrganizationGoneError,
    OtherCommunityError,
    PermissionsLacking,
    connect,
)
from integrations.connections.health import check_live
from integrations.models import Installation, InstallationKind, Organization
from integrations.targets.errors import TargetError
from integrations.targets.port import Credentials, Saying, guide_of, installer_of, open_target
from integrations.targets.setup import SetupGuide


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended: connected, or what was found instead, or a question to answer first."""

    installation: Installation | None = None
    findings: Sequence[Finding] = field(default_factory=list)
    # Set when links would end: the other community's key, to be sent back as the answer, and name.
    other_community: str = ""
    other_name: str = ""


def live_installation(organization: Organization, target: str) -> Installation | None:
    """Return the one connection that exists for the owner, or None."""
    return Installation.objects.live().filter(organization=organization, target=target).first()


def has_token(organization: Organization, target: str) -> bool:
    """Tell whether a custom integration is connected, whose token may stay as it is."""
    live = live_installation(organization, target)
    return live is not None and live.kind == InstallationKind.CUSTOM


def latest_generation(organization: Organization, target: str) -> int:
    """Return the number of the newest generation, 0 where there was none."""
    newest = organization.installations.filter(target=target).order_by("-generation").first()
    return newest.generation if newest else 0


@sensitive_variables("credentials")
def connect_custom(
    organization: Organization,
    target: str,
    credentials: Credentials,
    *,
    seen_generation: int,
    confirmed_community: str = "",
) -> Outcome:
    """Try the credentials and store them; nothing changes unless the outcome has an installation.

    ``seen_generation`` is what the owner's page was showing: if another owner was faster, this one
    is told instead of replacing what they have just saved.
    """
    if latest_generation(organization, target) != seen_generation:
        return Outcome(findings=[_overtaken()])
    guide = guide_of(target)
    try:
        made = connect(
            organization,
            target=target,
            kind=InstallationKind.CUSTOM,
            credentials=credentials,
            confirmed_community=confirmed_community,
        )
    except TargetError as error:
        return Outcome(findings=_refused(error, guide))
    except OtherCommunityError as error:
        return Outcome(other_community=error.community, other_name=error.community_name)
    except AlreadyConnectedError:
        return Outcome(findings=[_taken()])
    except OrganizationGoneError:
        return Outcome(findings=[Finding(ok=False, text=_("ovice has removed this organization."))])
    late = [_both_saved()] if made.generation != seen_generation + 1 else []
    return Outcome(installation=made, findings=late)


def check_again(installation: Installation) -> list[Finding]:
    """Try the stored credentials live, note how they fared, and return what was found."""
    guide = guide_of(installation.target)
    try:
        connection = check_live(installation)
    except TargetError as error:
        return explain(error, guide)
    return report(connection, guide)


def subscribe_app(target: str) -> Finding:
    """Have the target tell its app's webhook what the bots hear, and say what stands then."""
    label = str(guide_of(target).label)
    try:
        found = installer_of(target).subscribe_webhooks()
    except TargetError:
        text = _("%(target)s did not subscribe the webhooks.") % {"target": label}
        remedy = _(
            "It calls the app's webhook meanwhile. Check that this service can be reached from"
            " outside under its own address, and the app's id, secret and verify token."
        )
        return Finding(ok=False, text=text, remedy=remedy)
    done = (
        _("Subscribed now: %(target)s tells %(address)s.")
        if found.changed
        else _("Nothing had to be done: %(target)s tells %(address)s already.")
    )
    values = {"target": label, "address": found.address}
    return Finding(ok=True, text=f"{done % values} ({', '.join(found.fields)})")


def send_test(installation: Installation, email: str, language: str) -> Finding:
    """Send a test message to the account with this address: the owner's own, on their request."""
    guide = guide_of(installation.target)
    target = open_target(installation.target, installation.credentials())
    try:
        account = target.find_account(email)
        if account is None:
            return _no_account(str(guide.label))
        with override(language):
            text = _("This is a test. Direct messages from ovice will look like this one.")
        target.say(account.account_id, Saying(text))
    except TargetError as error:
        return explain(error, guide)[0]
    done = _("A test message was sent to you. Open %(target)s to see it.")
    return Finding(ok=True, text=done % {"target": guide.label})


def _no_account(label: str) -> Finding:
    text = _("No %(target)s account uses the same e-mail address as yours here.")
    remedy = _("The test goes to your own account only. Everything else may work all the same.")
    return Finding(ok=False, text=text % {"target": label}, remedy=remedy)


def _taken() -> Finding:
    return Finding(
        ok=False,
        text=_("Another organization of ovice is connected to this community already."),
        remedy=_("A community can have one organization. Ask its owner to disconnect first."),
    )


def _refused(error: TargetError, guide: SetupGuide) -> list[Finding]:
    """Say what is wrong; where only permissions lack, say also what is in order."""
    if not isinstance(error, PermissionsLacking):
        return explain(error, guide)
    nothing_saved = Finding(
        ok=False,
        text=_("Nothing was saved yet."),
        remedy=_("When it is ticked, paste the same token again and save."),
    )
    return [*report(error.connection, guide), nothing_saved]


def _overtaken() -> Finding:
    return Finding(
        ok=False,
        text=_("Somebody else has changed the connection while you had this page open."),
        remedy=_("Nothing of yours was saved. Look at the connection as it is now."),
    )


def _both_saved() -> Finding:
    return Finding(
        ok=True,
        text=_("Another owner saved at the same moment. Yours came last and is in use."),
    )
