"""An owner reads all that is stored of the organization, and until when."""

import pytest
from django.conf import settings
from django.utils.timezone import now
from django.utils.translation import override

from accounts.members.erasure import erase_member
from integrations.removal.data_map import tables
from integrations.removal.inventory import LINES, what_is_stored
from integrations.removal.purge import purge_ready
from messaging.models import Attempt, Outcome
from tests.factories import make_delivery, make_installation, make_member
from tests.removals import removed

pytestmark = pytest.mark.django_db
# Each has a line of its own, since its rows do not say by themselves whose they are.
APART = {"accounts.SignInCode", "accounts.UsedLaunch", "integrations.Removal"}


def lines_of(organization):
    with override("en"):
        return {line.what: line for line in what_is_stored(organization)}


def tried(delivery):
    Attempt.objects.create(
        organization=delivery.organization,
        delivery=delivery,
        outcome=Outcome.SENT,
        started_at=now(),
    )
    return delivery


def test_every_table_and_every_period_is_in_one_line():
    """A new table with customers' data fails here until an owner is told of it."""
    told = [model for _what, models, _until in LINES for model in models]

    assert set(told) == {table.model for table in tables()}
    assert len(told) == len(set(told))
    assert set(settings.RETENTION) <= set(told) | APART


def test_an_owner_sees_how_much_and_until_when():
    delivery = tried(make_delivery())
    tried(make_delivery())

    lines = lines_of(delivery.organization)

    deliveries = next(line for what, line in lines.items() if what.startswith("Deliveries"))
    assert (deliveries.rows, deliveries.until) == (3, "30 days")
    texts = next(iter(lines.values()))
    assert (texts.rows, texts.until) == (1, "until delivered, or at most 24 hours")
    launches = next(line for what, line in lines.items() if "sign-ins from ovice" in what)
    assert (launches.rows, launches.until) == (None, "1 hour")
    typed = next(line for what, line in lines.items() if what.startswith("Addresses typed"))
    assert (typed.rows, typed.until) == (None, "1 hour")
    owners = lines["Owners' addresses and second factors"]
    assert owners.until == "until they own no organization here and have not signed in for 30 days"
    assert lines["Who is signed in"].until == "until the sign-in ends, 12 hours at most"


def test_a_removal_and_its_receipt_are_told_of():
    delivery = make_delivery()
    removed(delivery.installation)

    [line] = [line for what, line in lines_of(delivery.organization).items() if "receipts" in what]

    assert (line.rows, line.until) == (1, "1095 days")


def test_a_receipt_counts_once_the_ledger_knows_only_a_hash_of_whose_it_is():
    member = make_member(make_installation().organization)
    erase_member(member)
    erase_member(make_member(make_installation().organization))
    assert purge_ready(seconds=10) == 2

    [line] = [line for what, line in lines_of(member.organization).items() if "receipts" in what]

    assert line.rows == 1


def test_an_owner_reads_it_in_japanese():
    with override("ja"):
        lines = what_is_stored(make_delivery().organization)

    assert lines[1].until == "30日間"
    assert all(not line.what.isascii() for line in lines)
    assert all(not line.until.isascii() for line in lines)
