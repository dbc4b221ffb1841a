"""Cards of a member's page, one for each connection: the button is the state."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import now

from accounts.linking.link import LinkRefused, look_up, mark_of
from accounts.linking.status import LinkState, member_states
from accounts.linking.texts import explain
from accounts.members.preferences import choices_of, resting_until
from accounts.models import Member
from accounts.pages.member import LastDeliveries
from accounts.signin.rate_limits import LimitsAway, within_limit
from integrations.models import Installation
from integrations.targets.port import Account, guide_of
from integrations.targets.setup import Words

# Looks at the target's directory that one member may cause in a minute.
LOOKS = 20
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Card:
    """One connection as its member sees it.

    ``account`` is the one that was found and may be linked; ``refusal`` says why there is none.
    ``needs_owner`` is set where only an owner can help.
    """

    installation: Installation
    target: Words
    state: LinkState
    account: Account | None = None
    mark: str = ""
    refusal: str = ""
    hint: str = ""
    needs_owner: bool = False
    resting_until: datetime | None = None
    last_delivered_at: datetime | None = None


def make_card(member: Member, installation: Installation, deliveries: LastDeliveries) -> Card:
    """Return the card; asks the target for the member's account unless they are linked."""
    state = member_states([member], installation)[member.pk]
    hint = explain(state.reason, installation.target)
    if state.link is not None:
        return Card(
            installation,
            guide_of(installation.target).label,
            state,
            hint=hint,
            resting_until=resting_until(choices_of(member), now()),
            last_delivered_at=deliveries([state.link.pk]).get(state.link.pk),
        )
    try:
        account = _look(member, installation)
    except LinkRefused as refused:
        return refused_card(member, installation, refused, state=state, hint=hint)
    mark = mark_of(member, installation, account)
    label = guide_of(installation.target).label
    return Card(installation, label, state, account=account, mark=mark, hint=hint)


def refused_card(
    member: Member,
    installation: Installation,
    refused: LinkRefused,
    *,
    state: LinkState,
    hint: str = "",
) -> Card:
    """Return the card that says why a link was refused; nothing is asked again."""
    return Card(
        installation,
        guide_of(installation.target).label,
        state,
        refusal=explain(
            refused.code,
            installation.target,
            email=member.email or "",
            permission=refused.permission,
        ),
        hint=hint,
        needs_owner=refused.code in ("token_invalid", "permission_missing"),
    )


def _look(member: Member, installation: Installation) -> Account:
    """Look the account up, unless this member has had it done too often."""
    spend_a_look(member)
    return look_up(member, installation)


def spend_a_look(member: Member) -> None:
    """Count one look; raise ``LinkRefused`` when it was one too many.

    Where nothing can be counted everybody may look: they are signed in, and linking goes on.
    """
    try:
        within = within_limit("link-looks", str(member.pk), amount=LOOKS, seconds=_MINUTE)
    except LimitsAway:
        return
    if not within:
        raise LinkRefused("too_many_tries")
