"""The purge and users: those of the organization go, nobody else's, and nobody else's history."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.utils.timezone import now

from accounts.models import Ownership, User
from accounts.owners.audit_log import record
from integrations.removal import purge
from integrations.removal.purge import purge_ready
from tests.factories import give_second_factor, make_installation
from tests.plugins.portal import make_owner
from tests.removals import due, receipt_of, removed

pytestmark = pytest.mark.django_db


@pytest.fixture
def gone():
    """Return the installation of an organization that is going to be purged."""
    installation = make_installation()
    make_owner(installation.organization, "ada@example.com")
    return installation


def emails():
    return set(User.objects.values_list("email", flat=True))


def tried(installation):
    told = {"additional_data__organization": str(installation.organization_id)}
    return LogEntry.objects.filter(**told, changes__done__1="token_tried")


def test_an_owner_of_nothing_else_goes_and_is_forgotten_in_the_ledger(gone):
    removal = due(removed(gone))

    purge_ready(seconds=10)

    assert emails() == set()
    assert receipt_of(removal)["tables"]["accounts.User"] == {"before": 1, "after": 0}
    assert removal.user_ids == []


def test_a_user_who_owned_nothing_before_is_left_alone_with_their_history(gone):
    other = make_installation()
    eve = make_owner(other.organization, "eve@example.com")
    give_second_factor(eve)
    with set_actor(eve):
        record(other, "token_tried")
    Ownership.objects.filter(user=eve).delete()
    User.objects.update(joined_at=now() - timedelta(days=2), last_login=now())
    due(removed(gone))

    purge_ready(seconds=10)

    assert emails() == {"eve@example.com"}
    assert Authenticator.objects.get().user == eve
    assert tried(other).get().actor == eve


def test_an_act_of_an_owner_for_another_customer_stays_without_their_name(gone):
    other = make_installation()
    ada = User.objects.get()
    with set_actor(ada):
        record(gone, "token_tried")
        record(other, "token_tried")
    due(removed(gone))

    purge_ready(seconds=10)

    assert emails() == set()
    assert not tried(gone).exists()
    assert tried(other).get().actor is None


def test_an_owner_who_joins_another_customer_meanwhile_stays(gone):
    ada = User.objects.get()
    removal = due(removed(gone))
    begun = purge.begin(removal)
    Ownership.objects.create(user=ada, organization=make_installation().organization)

    purge_ready(seconds=10)

    assert begun is not None
    assert begun.user_ids == [str(ada.pk)]
    assert emails() == {"ada@example.com"}


def test_an_owner_of_two_customers_that_are_purged_together_goes_with_them(gone):
    other = make_installation()
    Ownership.objects.create(user=User.objects.get(), organization=other.organization)
    removals = [due(removed(installation)) for installation in (gone, other)]
    for removal in removals:
        purge.begin(removal)

    assert purge_ready(seconds=10) == 2

    assert emails() == set()
    counted = [receipt_of(removal)["tables"]["accounts.User"]["before"] for removal in removals]
    assert counted == [0, 1]
