"""Login options for a proved address: owner, staff or member."""

from dataclasses import dataclass

from accounts.models import ORGANIZATION_USERS, Member, User
from accounts.models.addresses import address_hashes
from accounts.owners.roles import role_of
from core.addresses import normalize_email


@dataclass(frozen=True)
class Entrance:
    """One way in: exactly one of ``user`` and ``member`` is there."""

    user: User | None = None
    member: Member | None = None

    @property
    def key(self) -> str:
        """A name for it that a form can carry; worthless outside the session it was offered in."""
        return f"user-{self.user.pk}" if self.user else f"member-{self._member.pk}"

    @property
    def locale(self) -> str:
        """The language this person is known to read, or nothing."""
        return self.user.locale if self.user else self._member.locale

    @property
    def _member(self) -> Member:
        if self.member is None:
            raise ValueError("An entrance is a user's or a member's.")
        return self.member


def entrances_of(email: str) -> list[Entrance]:
    """Return every way in for who has this address, the portal first; none for a stranger."""
    users = User.objects.filter(email=normalize_email(email), is_active=True)
    members = (
        Member.objects.select_related("organization")
        .filter(
            email_hash__in=address_hashes(email),
            email_verified=True,
            role__in=ORGANIZATION_USERS,
            removed_at=None,
            organization__removed_at=None,
        )
        .order_by("organization__name", "pk")
    )
    return [
        *(Entrance(user=user) for user in users if role_of(user) is not None),
        *(Entrance(member=member) for member in members),
    ]


def choose_entrance(offered: list[Entrance], key: str) -> Entrance | None:
    """Return the one that ``key`` names, if it was offered."""
    return next((entrance for entrance in offered if entrance.key == key), None)
