"""Adapters for allauth: the steps of a sign-in, and how second factors are kept."""

import base64
from collections import Counter
from collections.abc import Iterator
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from accounts.signin.rate_limits import network_of
from integrations.encryption import master_keys

_PLACE = ("second factor",)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Sign-in without passwords and without signing up."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """No visitor makes an account for themselves: ovice and the operator do."""
        return False

    def get_login_stages(self) -> list[str]:
        """Ask for the second factor, where there is one; the address is proved before."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def get_reauthentication_methods(self, _user: Any) -> list[dict[str, str]]:
        """Lead to the one page that offers every way of proving it anew."""
        return [
            {"id": "prove", "description": "", "url": reverse("account_reauthenticate")},
            {"id": "mfa", "description": "", "url": reverse("mfa_reauthenticate")},
            {"id": "passkey", "description": "", "url": reverse("mfa_reauthenticate_webauthn")},
        ]

    def get_client_ip(self, request: HttpRequest) -> str:
        """Count by the network, as our own limits do."""
        return network_of(request).removesuffix("/64")

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Say nothing about what the page that follows shows by itself."""
        template = args[0] if args else kwargs.get("message_template")
        if not str(template).endswith("logged_in.txt"):
            super().add_message(request, level, *args, **kwargs)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """Secrets of authenticator apps and recovery codes, under the operator's master keys."""

    def encrypt(self, text: str) -> str:
        """Return the sealed form of a secret."""
        return base64.b64encode(master_keys.seal(text.encode(), place=_PLACE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret itself."""
        return master_keys.unseal(base64.b64decode(encrypted_text), place=_PLACE).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name this site to the device, by its host as passkeys need it."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Kotozute"}

    def generate_authenticator_name(self, _user: Any, _type: Any) -> str:
        """Suggest a name for a new passkey."""
        return gettext("Passkey")


def reseal_second_factors() -> int:
    """Seal every stored secret under the newest master key; return how many rows that changed."""
    changed = 0
    adapter = SecondFactorAdapter()
    for row, stale in stale_second_factors():
        fresh = {name: adapter.encrypt(adapter.decrypt(sealed)) for name, sealed in stale.items()}
        # A recovery code used at this moment stays used: the next run seals such a row.
        unchanged = Authenticator.objects.filter(pk=row.pk, data=row.data)
        changed += unchanged.update(data={**row.data, **fresh})
    return changed


def stale_second_factors() -> list[tuple[Authenticator, dict[str, str]]]:
    """Return the rows with secrets under an older master key, and those secrets by their names."""
    found = []
    for row, kept in _secrets():
        stale = {
            name: sealed
            for name, sealed in kept.items()
            if not master_keys.is_newest(base64.b64decode(sealed))
        }
        if stale:
            found.append((row, stale))
    return found


def count_second_factors_by_key() -> Counter[str]:
    """Return how many secrets each master key protects, by the key's id in hexadecimal."""
    return Counter(
        master_keys.key_id_of(base64.b64decode(sealed)).hex()
        for _row, kept in _secrets()
        for sealed in kept.values()
    )


def _secrets() -> Iterator[tuple[Authenticator, dict[str, str]]]:
    """Yield each row that holds secrets, and them in their sealed form by their names."""
    for row in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN):
        yield row, {name: row.data[name] for name in ("secret", "seed") if name in row.data}
