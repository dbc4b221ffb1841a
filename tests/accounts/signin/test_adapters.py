"""Secrets of second factors, as they lie in the database."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

from accounts.models import User
from accounts.signin.adapters import reseal_second_factors
from config.keys.secrets import random_base64
from tests.factories import give_second_factor

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return User.objects.create_user("support@example.com", is_staff=True)


def test_no_secret_of_a_second_factor_can_be_read_in_the_database(user):
    secret = give_second_factor(user)
    codes = RecoveryCodes.activate(user).generate_codes()
    kept = repr(list(Authenticator.objects.values()))
    assert secret not in kept
    assert all(code not in kept for code in codes)
    assert RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).generate_codes() == codes


def test_second_factors_survive_the_rotation_of_master_keys(user, settings):
    give_second_factor(user)
    codes = RecoveryCodes.activate(user).generate_codes()
    settings.ENCRYPTION_KEYS = [random_base64(), *settings.ENCRYPTION_KEYS]
    assert [reseal_second_factors(), reseal_second_factors()] == [2, 0]
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).generate_codes() == codes
