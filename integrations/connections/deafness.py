"""Whether a bot can hear: what is known of the webhooks by which its target tells us on its own.

A bot that is deaf delivers as well as any other, so nothing but this shows it: its members get no
answer, and what a call left in doubt is never proven.
"""

from contextlib import suppress
from datetime import timedelta
from enum import StrEnum

from django.utils.timezone import now

from integrations.encryption.master_keys import KeyMissingError
from integrations.models import Installation, InstallationKind

# Each DM comes back as an echo within seconds where webhooks are set up.
DEAF_AFTER = timedelta(hours=1)


class Deafness(StrEnum):
    """Why a bot hears nothing; the words are health's reasons, and nothing where none is known."""

    NONE = ""
    # Without the app secret nobody could tell what comes from the target.
    NO_SECRET = "no_secret"  # noqa: S105 - a word, not a secret
    # Since it was last heard, something came that the secret does not prove.
    REFUSED = "webhooks_refused"
    NEVER_HEARD = "never_heard"
    FELL_SILENT = "deaf"


def deafness_of(installation: Installation) -> Deafness:
    """Return why this installation's bot hears nothing, as far as its row tells."""
    if lacks_secret(installation):
        return Deafness.NO_SECRET
    if installation.refused_at is not None:
        return Deafness.REFUSED
    since, sent_at = installation.told_at or installation.connected_at, installation.sent_at
    if since is None or sent_at is None or sent_at - since <= DEAF_AFTER:
        return Deafness.NONE
    return Deafness.FELL_SILENT if installation.told_at else Deafness.NEVER_HEARD


def hears(installation: Installation) -> bool:
    """Tell whether what somebody taps reaches us: it did, and nothing speaks against it."""
    return installation.told_at is not None and deafness_of(installation) is Deafness.NONE


def lacks_secret(installation: Installation) -> bool:
    """Tell whether the integration's own secret is missing; the app's is the operator's."""
    if installation.kind != InstallationKind.CUSTOM:
        return False
    with suppress(KeyMissingError):
        return not installation.app_secret
    return False


def note_refused(installation: Installation) -> None:
    """Note since when webhooks are refused; being told anything at all ends it."""
    Installation.objects.filter(pk=installation.pk, refused_at=None).update(refused_at=now())
