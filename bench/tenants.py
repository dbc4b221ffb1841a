"""Who writes to whom in a benchmark, by their ids in ovice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization and its linked members."""

    organization: str
    recipients: tuple[str, ...]
