"""Random histories of joining, leaving, renaming, handing on, linking: nobody reads another's DM.

ovice's directory and Workplace's change independently, as they do in life. The model keeps one
truth: a DM for a member may reach an account only while that member's own press on Link stands and
while the account is the one that has the member's address.
"""

import itertools
import re
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.utils.timezone import now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.directory.events import remove_member, update_member
from accounts.linking.link import LinkRefused, RemovedReason, remove_links
from accounts.linking.verify import link_checked
from accounts.linking.verify_schedule import go_round
from accounts.models import Link, Member
from messaging.models import Delivery
from tests.factories import make_delivery
from tests.messaging.draining import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]

PEOPLE = st.integers(0, 2)
ACCOUNTS = st.integers(0, 3)
ADDRESSES = [f"address{n}@example.com" for n in range(4)]
ADDRESS = st.sampled_from(ADDRESSES)
# Counted on through all histories: the sandbox keeps its people from one to the next.
SPARES = itertools.count()


class History:
    """Two directories, three people, four accounts, and what has arrived in them."""

    def __init__(self, office) -> None:
        self.office = office
        self.at = now() - timedelta(days=1)
        self.addresses: dict[int, str] = {}
        self.pressed: set[int] = set()
        self.written = 0
        self.seen: set[str] = set()
        self.world = transaction.atomic()
        self.world.__enter__()
        office.sandbox.lift_faults()
        people = [{"name": f"Account{n}", "email": self.spare()} for n in range(4)]
        made = office.sandbox.members(office.community, people)
        self.accounts = [account["id"] for account in made]
        self.emails = [account["email"] for account in made]
        for n, address in enumerate(ADDRESSES):
            self.move(n, address)
        for person in range(3):
            self.join_or_rename(person, ADDRESSES[person])
            self.press_link(person)

    def undo(self) -> None:
        """Undo everything of this history."""
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)
        for account in self.accounts:
            self.office.sandbox.change_member(account, email=self.spare())

    def spare(self) -> str:
        """Return an address nobody has had."""
        return f"spare{next(SPARES)}@example.com"

    def tick(self):
        """Return a time later than all before."""
        self.at += timedelta(seconds=1)
        return self.at

    def member(self, n: int) -> Member | None:
        """Return a person's row, if they have ever joined."""
        return Member.objects.filter(ovice_id=f"person{n}").first()

    def move(self, account: int, address: str) -> None:
        """Give an account an address in Workplace."""
        self.office.sandbox.change_member(self.accounts[account], email=address)
        self.emails[account] = address

    def join_or_rename(self, person: int, address: str) -> None:
        """ovice tells of a person, perhaps with a new address."""
        before = self.addresses.get(person)
        update_member(
            self.office.organization,
            f"person{person}",
            at=self.tick(),
            email=address,
            email_verified=True,
            role="member",
        )
        self.addresses[person] = address
        if before != address:
            self.pressed.discard(person)

    def leave(self, person: int) -> None:
        """ovice tells that a person is no longer there."""
        remove_member(self.office.organization, f"person{person}", at=self.tick())
        self.addresses.pop(person, None)
        self.pressed.discard(person)

    def hand_the_address_on(self, account: int, address: str) -> None:
        """A Workplace administrator gives an address to another account."""
        if address in self.emails:
            self.move(self.emails.index(address), self.spare())
        self.move(account, address)

    def deactivate_or_reactivate(self, account: int, active: bool) -> None:
        """A Workplace administrator locks an account, or opens it again."""
        self.office.sandbox.change_member(self.accounts[account], active=active)

    def press_link(self, person: int) -> None:
        """A member presses Link."""
        member = self.member(person)
        if member is None:
            return
        try:
            link_checked(member, self.office.installation)
        except LinkRefused:
            return
        self.pressed.add(person)

    def press_linked(self, person: int) -> None:
        """A member presses Linked and confirms."""
        mine = Link.objects.filter(member__ovice_id=f"person{person}")
        remove_links(mine, reason=RemovedReason.USER)
        self.pressed.discard(person)

    def nightly_round(self) -> None:
        """A day passes."""
        Link.objects.update(checked_at=now() - django_settings.LINK_RECHECK_EVERY)
        go_round(self.office.installation.pk)

    def write(self, sent_at_once: bool) -> None:
        """Everybody linked is written to; it is sent at once, or after other changes."""
        for link in Link.objects.active().select_related("member"):
            person = int(link.member.ovice_id.removeprefix("person"))
            assert person in self.pressed
            self.written += 1
            make_delivery(link, text=f"to-{person}-{self.written}")
        if sent_at_once:
            self.relay()

    def relay(self) -> None:
        """A worker sends what waits, and everything that arrived is in the right place."""
        run(self.office)
        for account, email in zip(self.accounts, self.emails, strict=True):
            for text in self.office.sandbox.texts(account):
                mark = re.search(r"to-(\d)-\d+", text)
                if mark and mark[0] not in self.seen:
                    self.seen.add(mark[0])
                    person = int(mark[1])
                    assert person in self.pressed
                    assert self.addresses[person] == email
        self.office.installation.refresh_from_db()
        assert self.office.installation.state == "active"
        assert not Delivery.objects.filter(state="sending").exists()


@pytest.fixture
def settings_for_histories(settings):
    """One lane, and the question before every DM."""
    settings.RELAY_LANES = 1
    settings.LINK_CHECK_AGE = timedelta()


WRITE = st.tuples(st.just("write"), st.booleans())
STEPS = st.one_of(
    # Often, or little would ever arrive.
    *(WRITE, WRITE, WRITE),
    st.tuples(st.just("join_or_rename"), PEOPLE, ADDRESS),
    st.tuples(st.just("leave"), PEOPLE),
    st.tuples(st.just("hand_the_address_on"), ACCOUNTS, ADDRESS),
    st.tuples(st.just("deactivate_or_reactivate"), ACCOUNTS, st.booleans()),
    st.tuples(st.just("press_link"), PEOPLE),
    st.tuples(st.just("press_linked"), PEOPLE),
    st.tuples(st.just("nightly_round")),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=4, max_size=20))
def test_no_history_ends_with_a_dm_for_somebody_else(office, settings_for_histories, steps):
    history = History(office)
    try:
        for name, *values in steps:
            getattr(history, name)(*values)
        history.relay()
    finally:
        history.undo()
