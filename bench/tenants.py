"""Who writes to whom in a benchmark, by their ids in ovice."""

from dataclasses import dataclass

# Of every benchmark's integration: it signs both ways.
APP_SECRET = "0" * 32


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization and its linked members."""

    organization: str
    recipients: tuple[str, ...]
    # By its id and the id of its bot, where the target's webhooks are meant.
    installation: str = ""
    bot: str = ""
