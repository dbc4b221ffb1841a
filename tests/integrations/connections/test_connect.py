import pytest
from django.utils.timezone import now

from accounts.models import Link
from integrations.connections.connect import (
    AlreadyConnectedError,
    OrganizationGoneError,
    OtherCommunityError,
    connect,
)
from integrations.connections.hold import need_attention
from integrations.connections.pause import pause
from integrations.models import Installation, InstallationKind, InstallationState
from integrations.removal.uninstall import remove_installation, remove_restored
from integrations.targets.errors import PermissionMissing, TokenRejected
from integrations.targets.port import Credentials
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


def connect_with(organization, token: str, secret: str = "", **values) -> Installation:
    return connect(
        organization,
        target="workplace",
        kind=InstallationKind.CUSTOM,
        credentials=Credentials(token, secret),
        **values,
    )


def test_a_pasted_token_becomes_an_active_installation(office):
    installation = Installation.objects.get()
    assert installation.state == InstallationState.ACTIVE
    assert installation.community_id == office.community
    assert installation.bot_id == office.integration.page_id
    assert installation.access_token == office.integration.access_token


def test_token_and_secret_are_stored_as_ciphertext_only(office):
    row = str(Installation.objects.values().get()) + repr(office.installation)
    assert office.integration.access_token not in row
    assert office.integration.app_secret not in row
    assert office.integration.access_token not in repr(office.installation.credentials())


def test_a_token_that_is_refused_stores_nothing(office):
    with pytest.raises(TokenRejected):
        connect_with(make_organization(), "not a token")
    assert Installation.objects.count() == 1


def test_blanks_and_line_breaks_around_a_pasted_token_are_ignored(office):
    token = f" \n{office.integration.access_token}\r\n"
    again = connect_with(office.organization, token, f" {office.integration.app_secret}\n")
    assert again.access_token == office.integration.access_token
    assert again.app_secret == office.integration.app_secret


def test_a_new_token_of_the_same_community_is_the_next_generation(office):
    other = office.sandbox.custom_integration(office.community, "a second bot")
    again = connect_with(office.organization, other.access_token)
    before = office.refresh()
    assert [i.generation for i in Installation.objects.live()] == [2]
    assert (again.bot_id, again.community_id) == (other.page_id, office.community)
    assert before.state == InstallationState.REMOVED
    assert (before.access_token, before.replaced_at) == (None, before.removed_at)


def test_a_new_generation_is_paused_where_the_owner_paused(office):
    pause(office.organization)
    again = connect_with(office.organization, office.integration.access_token)
    assert again.state == InstallationState.PAUSED


def test_another_community_has_to_be_confirmed(office):
    other = office.sandbox.custom_integration(office.sandbox.community("Beta"))
    with pytest.raises(OtherCommunityError) as asked:
        connect_with(office.organization, other.access_token)
    assert (asked.value.community, asked.value.community_name) == (other.community_id, "Beta")
    assert office.refresh().state == InstallationState.ACTIVE
    assert Installation.objects.count() == 1


def test_a_confirmed_community_takes_the_place_of_the_other(office):
    office.join("Hanako")
    other = office.sandbox.custom_integration(office.sandbox.community("Beta"))
    again = connect_with(
        office.organization, other.access_token, confirmed_community=other.community_id
    )
    assert list(Installation.objects.live()) == [again]
    assert Link.objects.get().removed_reason == "org_disconnected"


def test_confirming_one_community_does_not_confirm_another(office):
    other = office.sandbox.custom_integration(office.sandbox.community("Beta"))
    with pytest.raises(OtherCommunityError):
        connect_with(office.organization, other.access_token, confirmed_community="1")


def test_a_refused_token_leaves_the_connection_as_it_was(office):
    with pytest.raises(TokenRejected):
        connect_with(office.organization, "reset long ago")
    assert office.refresh().access_token == office.integration.access_token
    assert office.installation.state == InstallationState.ACTIVE


def test_a_token_ends_the_attention(office):
    need_attention(office.installation, reason="token_rejected")
    token = office.sandbox.reset_token(office.integration.page_id)
    again = connect_with(office.organization, token)
    assert (again.state, again.attention_reason) == (InstallationState.ACTIVE, "")


def test_a_community_belongs_to_one_organization(office):
    with pytest.raises(AlreadyConnectedError):
        connect_with(make_organization(), office.integration.access_token)


def test_connecting_again_after_a_removal_is_a_new_generation(office):
    remove_installation(office.installation)
    again = connect_with(
        office.organization, office.integration.access_token, office.integration.app_secret
    )
    assert (again.generation, office.refresh().generation) == (2, 1)
    assert office.refresh().access_token is None
    assert again.access_token == office.integration.access_token


def test_a_token_that_lacks_a_permission_stores_nothing(sandbox, settings, db):
    settings.WORKPLACE_GRAPH_URL = sandbox.graph_url
    lacking = sandbox.custom_integration(sandbox.community(), permissions=["message"])
    with pytest.raises(PermissionMissing) as refused:
        connect_with(make_organization(), lacking.access_token, lacking.app_secret)
    assert refused.value.code == "read_user_email"
    assert Installation.objects.count() == 0


def test_an_organization_that_was_removed_meanwhile_is_not_connected(office):
    gone = make_organization(removed_at=now())
    other = office.sandbox.custom_integration(office.sandbox.community("Other"))
    with pytest.raises(OrganizationGoneError):
        connect_with(gone, other.access_token, other.app_secret)
    assert Installation.objects.count() == 1


def test_a_customer_brought_back_by_an_old_backup_cannot_be_connected_before_its_purge(office):
    remove_restored(office.organization)
    with pytest.raises(OrganizationGoneError):
        connect_with(office.organization, office.integration.access_token)
    assert not Installation.objects.live().exists()
