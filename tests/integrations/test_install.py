import pytest
from django.utils.timezone import now

from integrations.errors import PermissionMissing, TokenRejected
from integrations.install import AlreadyConnectedError, OrganizationGoneError, connect
from integrations.models import Installation, InstallationKind, InstallationState
from integrations.removal import remove_installation
from integrations.targets import Credentials
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


def connect_with(organization, token: str, secret: str = "") -> Installation:
    return connect(
        organization,
        target="workplace",
        kind=InstallationKind.CUSTOM,
        credentials=Credentials(token, secret),
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


def test_an_organization_is_connected_once(office):
    with pytest.raises(AlreadyConnectedError):
        connect_with(office.organization, office.integration.access_token)


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
