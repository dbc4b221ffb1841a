"""Rotating master keys: online, resumable, and the old key is good for nothing afterwards."""

import base64
from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import SignInCode, User
from accounts.signin.codes import address_of, ask_for_code
from config.health.dependencies import ask_key_use
from config.keys import rewrap
from config.keys.protected import protected_by_key
from config.keys.rewrap import wrapped_columns
from integrations.encryption import master_keys
from integrations.encryption.data_keys import forget_keys
from integrations.encryption.master_keys import KeyMissingError, key_id, parse_key
from integrations.models import DataKey, Installation
from messaging.delivery.relay import relay_lane
from messaging.models import Delivery, Lane
from tests.factories import give_second_factor, make_delivery, make_installation, make_link

OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
OLD_ID, NEW_ID = (key_id(parse_key(key)).hex() for key in (OLD, NEW))


@pytest.fixture(autouse=True)
def _old_key_only(settings):
    settings.ENCRYPTION_KEYS = [OLD]


def run(**options) -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out, **options)
    return out.getvalue()


def test_every_kind_of_secret_is_known():
    assert set(map(str, wrapped_columns())) >= {
        "integrations.DataKey.wrapped",
        "integrations.Installation.access_token_sealed",
        "integrations.Installation.app_secret_sealed",
        "accounts.SignInCode.address_sealed",
        "accounts.SignInCode.code_sealed",
    }


def test_after_a_rotation_the_old_key_is_useless_and_the_new_one_reads_all(db, settings):
    link = make_link()
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    said = run()

    assert "integrations.DataKey.wrapped: 1 re-wrapped" in said
    assert list(protected_by_key()) == [NEW_ID]
    settings.ENCRYPTION_KEYS = [NEW]
    forget_keys()
    member = type(link.member).objects.get()
    assert (Installation.objects.get().access_token, member.name) == ("DQVtoken", "Hanako")
    settings.ENCRYPTION_KEYS = [OLD]
    forget_keys()
    with pytest.raises(KeyMissingError):
        _ = Installation.objects.get().access_token
    with pytest.raises(KeyMissingError):
        _ = member.name


def test_a_member_is_found_by_their_address_with_the_new_key_alone(db, settings):
    member = make_link().member
    before = member.email_hash
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    run()

    member.refresh_from_db()

    assert member.email_hash != before


def test_a_key_is_in_use_as_long_as_anything_of_any_kind_is_under_it(db, settings):
    make_link()
    give_second_factor(User.objects.create_superuser(email="you@example.com"))
    code = ask_for_code("hanako@example.com", language="en")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    # Data key, token, app secret, address hash, second factor, and two of the code.
    assert f"key {OLD_ID} protects 7 values" in run(dry_run=True)

    assert run().splitlines()[-1] == f"key {NEW_ID} protects 7 values"

    settings.ENCRYPTION_KEYS = [NEW]
    assert address_of(SignInCode.objects.get(pk=code)) == "hanako@example.com"
    assert "all 7 wrapped values can be read" in "".join(str(answer) for answer in ask_key_use())


@pytest.mark.parametrize("kind", ["second factor", "address", "sign-in code"])
def test_a_key_that_protects_one_thing_alone_is_named(db, settings, kind):
    if kind == "second factor":
        give_second_factor(User.objects.create_superuser(email="you@example.com"))
    elif kind == "sign-in code":
        ask_for_code("you@example.com", language="en")
    else:
        link = make_link()
        settings.ENCRYPTION_KEYS = [NEW, OLD]
        for column in wrapped_columns():
            list(rewrap.rotate(column))
        assert link.member.email_hash.startswith(OLD_ID)

    assert OLD_ID in protected_by_key()


def test_a_dry_run_counts_and_changes_nothing(db, settings):
    make_installation()
    before = list(Installation.objects.values()), list(DataKey.objects.values())
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    assert "integrations.Installation.access_token_sealed: 1 to re-wrap" in run(dry_run=True)

    assert (list(Installation.objects.values()), list(DataKey.objects.values())) == before


def test_a_dry_run_also_counts_addresses_and_second_factors(db, settings):
    make_link()
    give_second_factor(User.objects.create_superuser(email="you@example.com"))
    assert "addresses: 0 to hash anew\nsecond factors: 0 to seal anew" in run(dry_run=True)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert "addresses: 1 to hash anew\nsecond factors: 1 to seal anew" in run(dry_run=True)


def test_an_interrupted_rotation_goes_on_where_it_was(db, settings):
    for _ in range(3):
        make_installation()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    next(rewrap.rotate(wrapped_columns()[0]))

    assert "integrations.DataKey.wrapped: 2 re-wrapped" in run()
    assert "integrations.DataKey.wrapped: 0 re-wrapped" in run()


def test_a_write_by_another_process_meanwhile_is_not_undone(db, settings, monkeypatch):
    installation = make_installation()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    unseal = master_keys.unseal

    def replaced_meanwhile(sealed, *, place):
        installation.access_token = "DQVnew"
        installation.save()
        return unseal(sealed, place=place)

    monkeypatch.setattr(master_keys, "unseal", replaced_meanwhile)
    run()
    monkeypatch.undo()

    assert Installation.objects.get().access_token == "DQVnew"


def test_a_missing_key_stops_the_rotation_and_quotes_no_secret(db, settings):
    make_installation()
    settings.ENCRYPTION_KEYS = [NEW]

    with pytest.raises(CommandError, match=r"No master key [0-9a-f]{8}") as error:
        run()

    assert NEW not in str(error.value)


@pytest.mark.django_db(transaction=True)
def test_a_rotation_while_the_relay_runs_fails_no_send(office, settings):
    """The drill: half of the messages before, the rest during and after; none is lost or failed."""
    link = office.join("Hanako")
    Lane.objects.get_or_create(installation=office.installation, number=link.pk.int % 8)
    deliveries = [make_delivery(link, text=f"number {n}") for n in range(30)]
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    def relay():
        forget_keys()
        relay_lane(office.installation.pk, deliveries[0].lane)
        connection.close()

    relaying = Thread(target=relay)
    relaying.start()
    run()
    relaying.join(60)
    settings.ENCRYPTION_KEYS = [NEW]
    forget_keys()
    make_delivery(link, text="the last")
    relay_lane(office.installation.pk, deliveries[0].lane)

    assert set(Delivery.objects.values_list("state", "tries")) == {("delivered", 0)}
    assert len(office.texts("Hanako")) == 31
