"""Two organizations whose people, spaces and messages have the same ids."""

import json
from dataclasses import dataclass, field

from integrations.models import Installation, InstallationKind, Organization, Space
from messaging.ingest.events import parse_event
from messaging.ingest.ingest import ingest
from messaging.models import Message
from tests.factories import event, make_delivery, make_link, make_member
from tests.fuzz.watching import Rows, Watch
from tests.plugins.portal import Portal
from tests.sandbox.ovice.receiver import Receiver

APP_SECRET = "secret of the app"
A, B = "A", "B"
MEMBER, OTHER_MEMBER, SPACE, MESSAGE = "223344", "223345", "988", "msg-77120934"
KNOWN_TO_B, KNOWN_TO_A = "evt_known_to_b", "evt_known_to_a"


@dataclass
class Stage:
    """The portal's A and B with rows in each; ``known`` are ids that an input may name."""

    portal: Portal
    ovice: Receiver
    watch: Watch
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def known(self) -> tuple[str, ...]:
        """Return ids, those of A and such as B has too; never one that says B itself."""
        return (
            *(self.portal.a.ovice_id, MEMBER, OTHER_MEMBER, SPACE, MESSAGE, KNOWN_TO_A, KNOWN_TO_B),
            *(self.bot(A), self.bot(B), self.account(A), self.community(A)),
        )

    def installation(self, owner: str) -> Installation:
        """Return the live connection of A or B."""
        return self.portal.installation_a if owner == A else self.portal.installation_b

    def bot(self, owner: str) -> str:
        """Return the id of A's or B's bot."""
        return "200" if owner == A else "300"

    def account(self, owner: str) -> str:
        """Return the account to which A's or B's member is linked."""
        return "100" if owner == A else "101"

    def community(self, owner: str) -> str:
        """Return the community of A or B."""
        return self.installation(owner).community_id


def set_stage(portal: Portal, ovice: Receiver) -> Stage:
    """Make the rows."""
    stage = Stage(portal, ovice, Watch(Rows({A: portal.a.pk, B: portal.b.pk})))
    for owner, organization in ((A, portal.a), (B, portal.b)):
        installation = stage.installation(owner)
        installation.bot_id, installation.kind = stage.bot(owner), InstallationKind.THIRD_PARTY
        installation.app_secret = stage.secrets[owner] = f"secret of {owner}"
        installation.save()
        link = make_link(
            installation, make_member(organization, MEMBER), account_id=stage.account(owner)
        )
        make_member(organization, OTHER_MEMBER)
        Space.objects.create(organization=organization, ovice_id=SPACE, name="Tokyo HQ")
        delivery = make_delivery(link)
        Message.objects.filter(pk=delivery.message_id).update(ovice_id=MESSAGE)
        _remember(organization, KNOWN_TO_A if owner == A else KNOWN_TO_B)
    return stage


def _remember(organization: Organization, event_id: str) -> None:
    """Take in an event, so that its id is known."""
    told = event("space.updated", organization.ovice_id, space={"id": SPACE, "name": "Tokyo HQ"})
    body = json.dumps(told).encode()
    ingest(parse_event(body, event_id=event_id), body)
