import pytest

from tests.plugins.ovice import Ovice
from tests.sandbox.ovice.conftest import Place
from tests.sandbox.ovice.receiver import Receiver


def without_id(data: dict) -> dict:
    return {name: value for name, value in data.items() if name != "event_id"}


def test_a_new_organization_is_told(ovice: Ovice, relay: Receiver) -> None:
    organization = ovice.organization("Example Works", plan="team", feature_enabled=False)
    [data] = relay.events("organization.updated")
    assert data["organization"] == {
        "id": organization,
        "name": "Example Works",
        "plan": "team",
        "feature_enabled": False,
    }


def test_every_event_carries_its_id_its_schema_and_its_time(ovice: Ovice, relay: Receiver) -> None:
    ovice.organization()
    [request] = relay.received
    assert request.event["schema"] == 1
    assert request.event["timestamp"].endswith("Z")
    assert request.event["data"]["event_id"] == request.headers["webhook-id"]


def test_a_new_space_and_its_new_name_are_told(ovice: Ovice, place: Place, relay: Receiver) -> None:
    space = ovice.space(place.organization, "Osaka", domain="osaka")
    ovice.change_space(place.organization, space, name="Osaka Lab", domain="osaka-lab")
    [created], [updated] = relay.events("space.created"), relay.events("space.updated")
    assert without_id(created) == {
        "organization": {"id": "4821"},
        "space": {
            "id": space,
            "name": "Osaka",
            "domain": "osaka",
            "url": "https://app.ovice.com/ws/osaka",
        },
    }
    assert updated["space"]["url"] == "https://app.ovice.com/ws/osaka-lab"


def test_a_new_member_is_told_with_every_field(ovice: Ovice, place: Place, relay: Receiver) -> None:
    person = ovice.person(place.organization, "Jiro Example", locale="ja", email_verified=False)
    [data] = relay.events("organization.member.added")
    assert data["member"] == {
        "id": person,
        "email": "jiro@example.com",
        "email_verified": False,
        "name": "Jiro Example",
        "role": "member",
        "locale": "ja",
        "space_ids": ["987"],
        "status": "active",
    }


@pytest.mark.parametrize("role", ["visitor", "guest"])
def test_visitors_and_guests_are_not_in_the_directory(
    ovice: Ovice, place: Place, relay: Receiver, role: str
) -> None:
    person = ovice.person(place.organization, "Vera", None, role=role)
    ovice.change_person(place.organization, person, name="Vera Example", role=role)
    ovice.remove_person(place.organization, person)
    assert relay.received == []


def test_a_member_who_becomes_a_visitor_leaves_the_directory_and_can_return(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    ovice.change_person(place.organization, place.hanako, role="visitor")
    ovice.change_person(place.organization, place.hanako, role="admin")
    assert relay.types() == ["organization.member.removed", "organization.member.added"]


def test_a_change_names_what_changed(ovice: Ovice, place: Place, relay: Receiver) -> None:
    ovice.change_person(place.organization, place.hanako, name="Hanako Example", locale="ja")
    [data] = relay.events("organization.member.updated")
    assert data["changed"] == ["name"]


def test_a_new_address_is_an_event_of_its_own(ovice: Ovice, place: Place, relay: Receiver) -> None:
    ovice.change_person(place.organization, place.hanako, email="new@example.com")
    [data] = relay.events("organization.member.email_changed")
    assert relay.types() == ["organization.member.email_changed"]
    assert data["member"] == {
        "id": place.hanako,
        "old": "hanako@example.com",
        "new": "new@example.com",
        "verified": True,
    }


def test_removals_are_told(ovice: Ovice, place: Place, relay: Receiver) -> None:
    ovice.remove_person(place.organization, place.hanako)
    ovice.remove_space(place.organization, place.space)
    ovice.remove_organization(place.organization, reason="contract_ended")
    member, space, organization = (request.event["data"] for request in relay.received)
    assert without_id(member)["member"] == {"id": place.hanako}
    assert without_id(space)["space"] == {"id": "987"}
    assert organization["reason"] == "contract_ended"
    assert relay.types()[2] == "organization.removed"


def test_an_announcement_tells_everything_anew_in_order(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    ovice.person(place.organization, "Vera", None, role="visitor")
    ovice.announce(place.organization)
    assert (
        relay.types()
        == ["organization.updated", "space.created"] + ["organization.member.added"] * 3
    )


def test_a_change_can_be_made_without_telling(ovice: Ovice, place: Place, relay: Receiver) -> None:
    ovice.change_person(place.organization, place.hanako, name="Secret", announce=False)
    assert relay.received == []


def test_a_ping_is_sent(ovice: Ovice, place: Place, relay: Receiver) -> None:
    ovice.control("POST", "ping", {"organization": place.organization, "note": "接続テスト"})
    assert relay.events("connector.ping")[0]["note"] == "接続テスト"
