import os
import time

import pytest
from django.utils.timezone import now

from integrations.encryption import data_keys
from integrations.encryption.data_keys import forget_keys, seal_text, unseal_text
from integrations.encryption.master_keys import UnreadableError
from integrations.models import DataKey
from tests.factories import make_member, make_organization
from tests.plugins.receiver import wait_until

pytestmark = pytest.mark.django_db
PLACE = ("messaging.Message", "content_sealed", "row-1")


def test_a_text_is_read_again_by_its_organization():
    acme = make_organization()
    sealed = seal_text("会議室Bに来られますか？", organization_id=acme.pk, place=PLACE)
    assert unseal_text(sealed, organization_id=acme.pk, place=PLACE) == "会議室Bに来られますか？"


def test_a_text_moved_to_another_organization_is_unreadable():
    acme, other = make_organization(), make_organization()
    sealed = seal_text("text", organization_id=acme.pk, place=PLACE)
    with pytest.raises(UnreadableError):
        unseal_text(sealed, organization_id=other.pk, place=PLACE)


def test_a_text_moved_to_another_row_is_unreadable():
    acme = make_organization()
    sealed = seal_text("text", organization_id=acme.pk, place=PLACE)
    with pytest.raises(UnreadableError):
        unseal_text(sealed, organization_id=acme.pk, place=(*PLACE[:2], "row-2"))


def test_every_altered_byte_is_noticed():
    acme = make_organization()
    sealed = seal_text("text", organization_id=acme.pk, place=PLACE)
    for position in range(17, len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(UnreadableError):
            unseal_text(bytes(altered), organization_id=acme.pk, place=PLACE)


def destroy_keys(organization):
    DataKey.objects.filter(organization=organization).update(wrapped=None, destroyed_at=now())


def test_destroying_the_key_makes_the_text_unreadable():
    acme = make_organization()
    sealed = seal_text("text", organization_id=acme.pk, place=PLACE)
    destroy_keys(acme)
    forget_keys()
    assert unseal_text(sealed, organization_id=acme.pk, place=PLACE) is None


def test_a_running_process_forgets_a_destroyed_key_soon(monkeypatch):
    assert data_keys.CACHE_SECONDS < 60
    monkeypatch.setattr(data_keys, "CACHE_SECONDS", 0.3)
    acme = make_organization()
    sealed = seal_text("text", organization_id=acme.pk, place=PLACE)
    destroy_keys(acme)
    assert unseal_text(sealed, organization_id=acme.pk, place=PLACE) == "text"
    time.sleep(0.35)
    assert unseal_text(sealed, organization_id=acme.pk, place=PLACE) is None


def test_a_key_that_nobody_asks_for_again_leaves_the_memory_as_well(monkeypatch):
    monkeypatch.setattr(data_keys, "CACHE_SECONDS", 0.2)
    first, second = make_organization(), make_organization()
    seal_text("text", organization_id=first.pk, place=PLACE)
    time.sleep(0.15)
    seal_text("text", organization_id=second.pk, place=PLACE)
    assert len(data_keys._unwrapped) == 2

    wait_until(lambda: not data_keys._unwrapped, "both keys to go")


def test_a_child_process_inherits_no_key():
    acme = make_organization()
    seal_text("text", organization_id=acme.pk, place=PLACE)
    assert data_keys._unwrapped

    pid = os.fork()
    if pid == 0:
        os._exit(len(data_keys._unwrapped) + len(data_keys._sweeps))

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_nothing_is_sealed_under_a_destroyed_key():
    acme = make_organization()
    destroy_keys(acme)
    with pytest.raises(UnreadableError):
        seal_text("text", organization_id=acme.pk, place=PLACE)


def test_names_and_addresses_are_stored_as_ciphertext_only():
    member = make_member(make_organization(), email="hanako@example.com", name="Hanako")
    row = type(member).objects.filter(pk=member.pk).values().get()
    assert b"anako" not in b"".join(bytes(v) for v in row.values() if isinstance(v, bytes))
    assert "anako" not in str(row)
    member.refresh_from_db()
    assert (member.email, member.name) == ("hanako@example.com", "Hanako")
