"""The table of docs/linking.md, cell by cell: where a link stands after something happened."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from django.conf import settings
from django.utils.timezone import now

from accounts.directory.events import remove_member, update_member
from accounts.linking.link import LinkRefused, RemovedReason, remove_links
from accounts.linking.status import link_states
from accounts.linking.verify import link_checked, need_attention
from accounts.linking.verify_schedule import go_round
from accounts.models import Link, Member
from integrations.connections.pause import pause
from integrations.models import Organization
from integrations.removal.uninstall import remove_installation

pytestmark = pytest.mark.django_db
_spare = count()


def table() -> Iterator[tuple[str, str, str]]:
    """Return row, column and cell of the table in the docs."""
    page = (settings.BASE_DIR / "docs/linking.md").read_text()
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    head, _rule, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    for state, *cells in rows:
        yield from ((state, event, cell) for event, cell in zip(head[1:], cells, strict=True))


def tell(member: Member, **changes) -> None:
    told = {"email_verified": True, "role": "member", **changes}
    update_member(member.organization, member.ovice_id, at=now(), **told)


def press(member: Member, office) -> None:
    with suppress(LinkRefused):
        link_checked(Member.objects.get(pk=member.pk), office.refresh())


def unlink(member: Member) -> None:
    remove_links(Link.objects.filter(member=member), reason=RemovedReason.USER)


def leave(member: Member) -> None:
    remove_member(member.organization, member.ovice_id, at=now())


def come_back(member: Member) -> None:
    leave(member)
    tell(member, email="hanako@example.com")


def look_a_day_later(office) -> None:
    Link.objects.update(checked_at=now() - settings.LINK_RECHECK_EVERY)
    go_round(office.installation.pk)


def deactivate(office) -> None:
    office.sandbox.change_member(office.accounts["Hanako"], active=False)
    look_a_day_later(office)


def hand_the_address_on(office) -> None:
    office.sandbox.change_member(
        office.accounts["Hanako"], email=f"spare{next(_spare)}@example.com"
    )
    office.sandbox.member(office.community, "Successor", "hanako@example.com")
    look_a_day_later(office)


STATES: dict[str, Callable[[Member, Any], object]] = {
    "unlinked": lambda member, _office: unlink(member),
    "linked": lambda _member, _office: None,
    "attention": lambda _member, _office: need_attention(
        Link.objects.get(), reason="recipient_refused"
    ),
    "paused": lambda member, _office: pause(member.organization),
    "needs_relink": lambda _member, _office: Link.objects.update(
        removed_at=now(), removed_reason="workplace_account_gone"
    ),
    "unavailable": lambda _member, office: remove_installation(office.installation),
}
EVENTS: dict[str, Callable[[Member, Any], object]] = {
    "presses Link": press,
    "presses Linked": lambda member, _office: unlink(member),
    "leaves": lambda member, _office: leave(member),
    "comes back": lambda member, _office: come_back(member),
    "new address in ovice": lambda member, _office: tell(member, email="new@example.com"),
    "becomes a visitor": lambda member, _office: tell(member, role="visitor"),
    "organization disconnects": lambda _member, office: remove_installation(office.installation),
    "owner pauses": lambda member, _office: pause(member.organization),
    "account deactivated": lambda _member, office: deactivate(office),
    "address goes to another account": lambda _member, office: hand_the_address_on(office),
}


@pytest.mark.parametrize(("state", "event", "cell"), list(table()))
def test_a_link_stands_where_the_table_says(office, state, event, cell):
    member = office.join("Hanako").member
    STATES[state](member, office)
    EVENTS[event](member, office)
    organization = Organization.objects.get(pk=member.organization_id)
    found = link_states(organization, [member.ovice_id])[member.ovice_id]
    assert found.status == cell


def test_the_table_has_every_state_and_every_event():
    cells = list(table())
    assert {(state, event) for state, event, _cell in cells} == {
        (state, event) for state in STATES for event in EVENTS
    }
