"""Owners, members and messages at the same moment: real transactions in real threads."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from accounts.linking.relink import move_links
from accounts.models import Link
from integrations.connections.connect import OtherCommunityError, connect
from integrations.models import Installation, InstallationKind
from integrations.targets.port import Credentials
from messaging.models import Delivery
from tests.factories import dm_event, make_installation, make_organization, post_event
from tests.plugins.portal import make_owner, sign_in
from tests.plugins.receiver import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def together(*jobs: Callable[[], object]) -> list[object]:
    """Run every job in a thread of its own and return what they gave back or raised."""

    def run(job: Callable[[], object]) -> object:
        try:
            return job()
        except OtherCommunityError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(run, jobs))


def saving(organization, integration) -> Callable[[], Installation]:
    return lambda: connect(
        organization,
        target="workplace",
        kind=InstallationKind.CUSTOM,
        credentials=Credentials(integration.access_token),
    )


@pytest.fixture
def acme(sandbox, settings) -> str:
    settings.WORKPLACE_GRAPH_URL = sandbox.graph_url
    return sandbox.community("Acme")


def test_two_owners_who_save_at_once_leave_one_connection(sandbox, acme):
    organization = make_organization()
    tokens = [sandbox.custom_integration(acme, name) for name in ("one", "two")]
    together(*(saving(organization, token) for token in tokens))
    assert Installation.objects.live().count() == 1
    assert sorted(i.generation for i in Installation.objects.all()) == [1, 2]


def test_of_two_owners_who_save_at_once_the_later_is_told(sandbox, acme):
    organization = make_organization()
    owners = [make_owner(organization, f"{name}@example.com") for name in ("alice", "bob")]
    page = f"/admin/integrations/organization/{organization.pk}/setup/workplace/"

    def pasting(browser: Client, token: str) -> Callable[[], str]:
        form = {"access_token": token, "seen_generation": 0}
        return lambda: str(browser.post(page, form, follow=True).content, "utf-8")

    # Both pages were opened before either had saved.
    sandbox.fault("latency", seconds=1)
    tokens = [sandbox.custom_integration(acme, name).access_token for name in ("one", "two")]
    shown = together(*map(pasting, map(sign_in, owners), tokens))
    said = "Another owner saved at the same moment. Yours came last and is in use."
    assert sorted(said in str(one) for one in shown) == [False, True]
    later = tokens[["Yours came last" in str(one) for one in shown].index(True)]
    assert Installation.objects.live().get().access_token == later


def test_of_two_communities_saved_at_once_the_later_is_asked_about(sandbox, acme):
    organization = make_organization()
    tokens = [sandbox.custom_integration(c) for c in (acme, sandbox.community("Beta"))]
    ends = together(*(saving(organization, token) for token in tokens))
    assert sorted(type(end).__name__ for end in ends) == ["Installation", "OtherCommunityError"]
    assert Installation.objects.count() == 1


def test_a_message_accepted_during_the_change_is_on_the_new_generation(sandbox, acme, new_office):
    office = new_office()
    link = office.join("Hanako")
    other = sandbox.custom_integration(office.community, "two")

    def accept_while_locked() -> None:
        with ThreadPoolExecutor(1) as thread, transaction.atomic():
            Link.objects.select_for_update().get()
            thread.submit(together, saving(office.organization, other))
            wait_until(waiting_for_a_lock, "the owner's save to wait")
            accept(link)

    together(accept_while_locked)
    assert Delivery.objects.get().installation == Installation.objects.live().get()


def test_a_message_that_had_to_wait_for_the_change_is_accepted(office):
    link = office.join("Hanako")
    again = make_installation(office.organization, state="pending")
    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        Installation.objects.filter(pk=office.installation.pk).update(state="removed")
        Installation.objects.filter(pk=again.pk).update(state="active")
        move_links(office.installation, again)
        accepted = thread.submit(together, lambda: accept(link))
        wait_until(waiting_for_a_lock, "the message to wait")
    assert accepted.result() == [202]
    assert Delivery.objects.get().installation == again


def accept(link: Link) -> object:
    return post_event(dm_event(link)).status_code


def waiting_for_a_lock() -> bool:
    """Tell whether somebody waits; SQLite, where a transaction locks everybody out, cannot say."""
    if connection.vendor != "postgresql":
        time.sleep(0.2)
        return True
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])
