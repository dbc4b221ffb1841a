"""Person in the chat, as we know them: linked, just unlinked, or a stranger."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.timezone import now

from accounts.linking.link import RemovedReason
from accounts.members.preferences import (
    choices_of,
    is_time_zone,
    likely_time_zone,
    resting_until,
)
from accounts.models import Link, LinkQuerySet
from integrations.models import Installation
from messaging.models import Delivery, DeliveryState

# How long a stop can be taken back from the chat.
UNDO_TIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Standing:
    """``link`` is the active one; ``ended`` one that its member ended a moment ago."""

    installation: Installation
    account_id: str
    link: Link | None = None
    ended: Link | None = None

    @property
    def locale(self) -> str:
        """The locale of the account, as far as it is known."""
        known = self.link or self.ended
        return (known.locale or known.member.locale) if known else ""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which this person reads a clock."""
        choices = choices_of(self.link.member) if self.link else None
        name = choices.time_zone if choices else likely_time_zone(self.locale)
        return ZoneInfo(name if is_time_zone(name) else "UTC")

    def resting_until(self) -> datetime | None:
        """Return until when this person gets no DMs by their own choice."""
        return resting_until(choices_of(self.link.member), now()) if self.link else None

    def last_delivered_at(self) -> datetime | None:
        """Return when the last DM arrived."""
        delivered = Delivery.objects.filter(link=self.link, state=DeliveryState.DELIVERED)
        newest: datetime | None = (
            delivered.order_by("-settled_at").values_list("settled_at", flat=True).first()
        )
        return newest


def standing_of(installation: Installation, account_id: str) -> Standing:
    """Return who the account with this id is to this installation."""
    known = Link.objects.filter(installation=installation, account_id=account_id)
    links = known.select_related("member__choices", "member__organization")
    link = links.active().first()
    ended = None if link else _just_ended(links)
    return Standing(installation, account_id, link, ended)


def _just_ended(links: LinkQuerySet) -> Link | None:
    recent = links.filter(removed_reason=RemovedReason.USER, removed_at__gt=now() - UNDO_TIME)
    return recent.order_by("-removed_at").first()
