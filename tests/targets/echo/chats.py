"""The platform itself: people, and what they have been told. A real one is on the network."""

from dataclasses import dataclass, field


@dataclass
class Platform:
    """One community: its token, who is in it by address, and each person's texts."""

    token: str = "a good token"
    people: dict[str, str] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def join(self, email: str) -> str:
        """Let somebody in; return their account id."""
        account_id = f"echo-{len(self.people) + 1}"
        self.people[email] = account_id
        self.texts[account_id] = []
        return account_id


PLATFORM = Platform()
