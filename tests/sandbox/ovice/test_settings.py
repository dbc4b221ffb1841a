import pytest

from sandbox.ovice.settings import OviceSettings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_cmVsYXktZXhhbXBsZS1zZWNyZXQtMzItYnl0ZXMhISE="


def test_several_event_secrets_are_given_as_a_comma_list():
    settings = OviceSettings.from_environment({"OVICE_EVENT_SECRETS": f"{SECRET}, {OTHER},"})
    assert settings.event_secrets == [SECRET, OTHER]


def test_without_secrets_each_start_makes_its_own():
    first, second = OviceSettings.from_environment({}), OviceSettings.from_environment({})
    assert first.event_secrets != second.event_secrets
    assert first.callback_secret != second.callback_secret
    assert first.connector_key != second.connector_key


def test_the_issuer_is_ovice_unless_it_is_given():
    assert OviceSettings.from_environment({}).issuer == "https://app.ovice.com"
    given = {"OVICE_URL": "https://ovice.example/", "OVICE_ISSUER": ""}
    assert OviceSettings.from_environment(given).issuer == "https://ovice.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OVICE_EVENT_SECRETS", "plain"),
        ("OVICE_EVENT_SECRETS", f"{SECRET},whsec_?"),
        ("OVICE_CALLBACK_SECRET", "whsec_?"),
        ("SANDBOX_RETRY_SCALE", "fast"),
        ("SANDBOX_RETRY_SCALE", "-1"),
        ("SANDBOX_RETRY_SCALE", "nan"),
    ],
)
def test_a_malformed_variable_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        OviceSettings.from_environment({name: value})
