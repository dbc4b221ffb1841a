"""Finding members: exactly the one asked for, and no other node."""

import json
from collections.abc import Callable

import pytest

from integrations.targets.errors import RateLimited, TokenRejected, Unavailable
from integrations.targets.port import Account, Credentials
from integrations.workplace.client import GraphClient
from integrations.workplace.directory import find_member, find_members, get_member
from integrations.workplace.target import WorkplaceTarget
from tests.integrations.workplace.conftest import ADDRESS, credentials
from tests.integrations.workplace.wire import answer, wire


def test_a_member_is_found_by_address_in_any_letter_case(target, ada):
    expected = Account(ada.account_id, "Ada Example", ADDRESS, "ja_JP")

    assert target.find_account(ADDRESS) == expected
    assert target.find_account("ADA@example.com") == expected


def test_an_address_with_odd_but_valid_characters_is_found(sandbox, integration, target):
    address = "o'hara+ovice,%41&fields=id@example.com"
    sandbox.member(integration.community_id, "Odd Example", address)

    assert target.find_account(address).name == "Odd Example"


@pytest.mark.parametrize("status", [400, 404])
def test_an_unknown_address_is_nobody(sandbox, target, integration, status):
    sandbox.behave(unknown_email_status=status)

    assert target.find_account("nobody@example.com") is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "me",
        "community",
        "@",
        "ada@",
        "@example.com",
        "ada@example.com/picture",
        "ada@example.com?fields=id",
        "ada@example.com#x",
        "ada @example.com",
        "ada@example.com\n",
        "ada\u00a0x@example.com",
        "ada\x00@example.com",
        "ada\u202e@example.com",
        "ada\ud800@example.com",
        "a" * 309 + "@example.com",
    ],
)
def test_a_malformed_address_asks_nobody(sandbox, target, integration, address):
    assert target.find_account(address) is None
    assert sandbox.calls() == []


def test_an_address_may_have_320_characters(sandbox, target, integration):
    assert target.find_account("a" * 308 + "@example.com") is None
    assert len(sandbox.calls()) == 1


def test_another_community_is_out_of_sight(sandbox, target, integration):
    sandbox.member(sandbox.community("Other"), "Hanako Example", "hanako@example.com")

    assert target.find_account("hanako@example.com") is None


def test_without_the_permission_the_address_is_missing_and_the_member_found(sandbox, integration):
    bare = sandbox.custom_integration(integration.community_id, permissions=["message"])
    sandbox.member(integration.community_id, "Ada Example", ADDRESS)

    found = WorkplaceTarget(credentials(bare)).find_account(ADDRESS)

    assert found is not None
    assert (found.name, found.email) == ("Ada Example", "")


def test_a_member_is_found_by_id(target, ada):
    assert target.get_account(ada.account_id) == target.find_account(ADDRESS)


def test_ids_that_lead_to_no_member_find_nobody(target, integration):
    assert target.get_account("100099999999999") is None
    assert target.get_account("me") is None


@pytest.mark.parametrize("shown", ["shown", "hidden"])
def test_a_deactivated_member_is_inactive_or_nobody(sandbox, target, ada, shown):
    sandbox.behave(deactivated_lookup=shown)
    sandbox.change_member(ada.member, active=False)

    found = target.get_account(ada.account_id)

    assert (found and found.active) is (False if shown == "shown" else None)


def test_an_id_stays_when_the_address_changes(sandbox, target, ada):
    sandbox.change_member(ada.member, email="ada.gone@example.com")

    assert target.find_account(ADDRESS) is None
    assert target.get_account(ada.account_id).email == "ada.gone@example.com"


def test_a_failed_look_up_is_not_nobody(sandbox, target, ada):
    sandbox.fault("error", code=2, calls=1)
    with pytest.raises(Unavailable):
        target.find_account(ADDRESS)

    sandbox.fault("error", code=613, calls=1)
    with pytest.raises(RateLimited):
        target.get_account(ada.account_id)


def test_an_answer_without_an_id_is_nobody(sandbox, target, ada):
    sandbox.fault("missing_field")

    assert target.find_account(ADDRESS) is None
    assert target.get_account(ada.account_id) is None


def test_many_addresses_are_looked_up_fifty_at_a_time(sandbox, client, integration):
    addresses = [f"person{number}+x@example.com" for number in range(60)]
    for address in addresses[::2]:
        sandbox.member(integration.community_id, "Person Example", address)

    found = find_members(client, [*addresses, "me", addresses[0]])

    assert [found[address] is not None for address in addresses] == [True, False] * 30
    assert found["me"] is None
    assert len([call for call in sandbox.calls() if call["method"] == "POST"]) == 2


def test_a_dead_token_fails_the_whole_batch(sandbox, client, integration):
    sandbox.fault("error", code=190)

    with pytest.raises(TokenRejected):
        find_members(client, [ADDRESS])


@pytest.fixture
def answered(settings):
    """Let a bare server give one answer to one action, for what the sandbox never answers."""

    def ask(body: object, action: Callable[[GraphClient], object]) -> object:
        with wire(answer(json.dumps(body).encode())) as server:
            settings.WORKPLACE_GRAPH_URL = server.url
            return action(GraphClient(Credentials("example-token")))

    return ask


def test_a_member_with_another_address_or_id_is_not_the_one_asked_for(answered):
    body = {"id": "100", "email": "hanako@example.com"}

    assert answered(body, lambda client: find_member(client, ADDRESS)) is None
    assert answered(body, lambda client: get_member(client, "200")) is None


def test_an_id_sent_as_a_number_stays_exact(answered):
    body = {"id": 100000000000000001, "name": 7, "email": None}

    assert answered(body, lambda client: find_member(client, ADDRESS)) == (
        Account("100000000000000001", "7")
    )


def test_items_of_a_batch_are_judged_one_by_one(answered):
    unknown = {"error": {"code": 803, "message": "Some of the aliases do not exist"}}
    busy = {"error": {"code": 2, "message": "Service temporarily unavailable"}}
    body = [
        {"code": 200, "body": '{"id":"1","email":"a@example.com"}'},
        {"code": 404, "body": json.dumps(unknown)},
        {"code": 500, "body": json.dumps(busy)},
        None,
        {"code": 200, "body": '{"id":"5","email":"other@example.com"}'},
        {"code": "200"},
    ]
    asked = [f"{letter}@example.com" for letter in "abcdefg"]

    found = answered(body, lambda client: find_members(client, asked))

    assert found == {
        "a@example.com": Account("1", email="a@example.com"),
        "b@example.com": None,
        "e@example.com": None,
    }


def test_a_rate_limited_item_holds_the_installation(answered):
    limited = json.dumps({"error": {"code": 613, "message": "Too many calls"}})

    with pytest.raises(RateLimited):
        answered([{"code": 400, "body": limited}], lambda client: find_members(client, [ADDRESS]))


def test_a_batch_without_a_list_finds_nothing_out(answered):
    assert answered({"data": []}, lambda client: find_members(client, [ADDRESS])) == {}
