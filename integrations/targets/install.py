"""How a target's third-party app gets into a community: by a dialog of the target and a code."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Subscription of the app's webhook at ``address``, and whether it is new."""

    address: str
    fields: tuple[str, ...]
    changed: bool


class Installer(Protocol):
    """The install of one target's app, for those who know no target."""

    # How long a code can be exchanged after the target has given it.
    code_lasts: timedelta

    def is_set_up(self) -> bool:
        """Tell whether the operator has such an app."""

    def dialog_url(self, *, redirect_uri: str, state: str) -> str:
        """Return where an owner agrees to the install, and whence they come back with a code."""

    def exchange(self, code: str, *, redirect_uri: str) -> str:
        """Return the access token that ``code`` stands for; raise a ``TargetError``."""

    def subscribe_webhooks(self) -> Subscribed:
        """Have the target tell the app what its bots hear; raise a ``TargetError``.

        Doing so twice changes nothing. The target calls the webhook meanwhile.
        """

    def is_own_page(self, url: str) -> bool:
        """Tell whether ``url`` is a page of the target, where an owner may be sent on to."""
