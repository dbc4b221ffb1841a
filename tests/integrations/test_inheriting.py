"""A new token for the same bot changes the token, and nothing that nobody has changed."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from integrations.connections.connect import connect
from integrations.connections.health import Light, health_of
from integrations.connections.hold import hold, need_attention
from integrations.connections.pause import pause
from integrations.models import Installation, InstallationKind, InstallationState
from integrations.removal.uninstall import remove_installation
from integrations.targets.port import Credentials

pytestmark = pytest.mark.django_db

OTHER = "secret-of-another-integration"
# Of the bot, the same as long as it is the same bot.
INHERITED = {"app_secret_sealed", "told_at", "refused_at", "sent_at", "held_until", "hold_reason"}
# Fields that describe the connection itself, or that its check has just found.
OF_ITS_OWN = {
    *("id", "organization", "target", "kind", "generation", "state", "access_token_sealed"),
    *("community_id", "community_name", "bot_id", "bot_name", "install_id", "permissions"),
    *("connected_at", "proven_at", "next_check_at", "replaced_at", "removed_at"),
}
# Over with a check that has just succeeded.
OVER = {"attention_reason", "attention_at", "trouble", "trouble_at"}


def replace(office, token: str, secret: str = "", **more) -> Installation:
    return connect(
        office.organization,
        target="workplace",
        kind=InstallationKind.CUSTOM,
        credentials=Credentials(token, secret),
        **more,
    )


def new_token(office) -> str:
    return office.sandbox.reset_token(office.integration.page_id)


def same_token(office) -> str:
    return office.integration.access_token


def dead_token(office) -> str:
    need_attention(office.installation, reason="token_rejected")
    return new_token(office)


def paused(office) -> str:
    pause(office.organization)
    return new_token(office)


def no_token(_office) -> str:
    return ""


WAYS = [new_token, same_token, dead_token, paused, no_token]


@pytest.mark.parametrize("require_proof", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_the_secret_stays_until_somebody_changes_it(new_office, way, require_proof):
    office = new_office(require_proof=require_proof)
    for _ in range(2):
        fresh = replace(office, way(office))
        assert fresh.app_secret == office.integration.app_secret
    assert fresh.generation == 3


@pytest.mark.parametrize("way", WAYS)
def test_everything_of_the_bot_stays_with_it(office, way):
    until = now() + timedelta(minutes=5)
    hold(office.installation, until=until, reason="blocked")
    heard = {"told_at": now(), "sent_at": now(), "refused_at": now()}
    Installation.objects.update(**heard)
    fresh = replace(office, way(office))
    fresh.refresh_from_db()
    kept = {name: getattr(fresh, name) for name in ("held_until", "hold_reason", *heard)}
    assert kept == {"held_until": until, "hold_reason": "blocked", **heard}


def test_of_every_column_it_is_known_whether_it_stays():
    columns = {column.name for column in Installation._meta.concrete_fields}
    assert columns == INHERITED | OF_ITS_OWN | OVER


def test_a_pause_stays(office):
    assert replace(office, paused(office)).state == InstallationState.PAUSED


def test_a_secret_that_was_pasted_takes_the_place_of_the_stored_one(office):
    Installation.objects.update(refused_at=now())
    Installation.objects.filter(pk=office.refresh().pk).update(app_secret_sealed=None)
    fresh = replace(office, "", office.integration.app_secret)
    assert fresh.app_secret == office.integration.app_secret
    assert fresh.access_token == office.integration.access_token
    assert fresh.refused_at is None


def test_a_secret_that_no_longer_fits_is_dropped_and_missed(office):
    office.installation.app_secret = OTHER
    office.installation.save()
    fresh = replace(office, new_token(office))
    assert not fresh.app_secret
    assert (health_of(fresh).light, health_of(fresh).reason) == (Light.AMBER, "no_secret")


def test_another_integration_of_the_community_begins_with_nothing(office):
    Installation.objects.update(told_at=now(), held_until=now(), hold_reason="blocked")
    other = office.sandbox.custom_integration(office.community)
    fresh = replace(office, other.access_token)
    assert (fresh.app_secret or "", fresh.told_at, fresh.held_until) == ("", None, None)
    assert health_of(fresh).reason == "no_secret"


def test_a_secret_that_was_destroyed_is_missed_after_the_reconnect(office):
    remove_installation(office.installation)
    fresh = replace(office, new_token(office))
    assert not fresh.app_secret
    assert health_of(fresh).reason == "no_secret"


def test_the_secret_of_an_integration_is_none_of_the_apps(office, settings):
    app = office.sandbox.app("Kotozute", redirect_uris=["http://testserver/workplace/callback"])
    settings.WORKPLACE_APP_ID, settings.WORKPLACE_APP_SECRET = app["app_id"], app["app_secret"]
    made = office.sandbox.install(office.community, app["app_id"])
    fresh = connect(
        office.organization,
        target="workplace",
        kind=InstallationKind.THIRD_PARTY,
        credentials=Credentials(made.access_token, of_app=True),
    )
    assert not fresh.app_secret
    assert health_of(fresh).light == Light.GREEN
    assert not replace(office, same_token(office)).app_secret
