"""A member in Work Chat: writes and taps there; the webhooks reach the running views over HTTP."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.targets.events import keys_of_secret
from messaging.bot.worker import handle
from messaging.models import FACTS_LANE, TALK_LANES, Lane
from messaging.models.bot import Conversation, ReceivedUpdate
from tests.plugins.office import Office
from tests.plugins.receiver import wait_until

FIELDS = [
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "mention",
]
# A day and an hour as English, Japanese and Korean write them, up to the word that follows.
MOMENT = re.compile(r"\d{2,4}[-/年.]\d.*?(?=까지|まで|\.?$)")


@dataclass
class Chat:
    """One person's own chat with the bot, and a transcript of it."""

    office: Office
    name: str
    lines: list[str] = field(default_factory=list)
    _shown: int = 0

    @property
    def person(self) -> str:
        return self.office.accounts[self.name]

    @property
    def page(self) -> str:
        return self.office.integration.page_id

    def writes(self, text: str) -> None:
        """Write something and let the bot answer."""
        self.lines.append(f"{self.name}: {text}")
        self.office.sandbox.act(self.person, self.page, text=text)
        self.settle()

    def taps(self, title: str) -> None:
        """Tap what the last message or the menu shows under this title, and let the bot answer."""
        self.lines.append(f"{self.name}: [{title}]")
        self.office.sandbox.act(self.person, self.page, title=title, **self._shown_as(title))
        self.settle()

    def sends(self, payload: str, **values: Any) -> None:
        """Tap something by its payload, shown or not."""
        self.office.sandbox.act(self.person, self.page, payload=payload, **values)

    def _shown_as(self, title: str) -> dict[str, Any]:
        [*_earlier, last] = self.from_bot() or [{"quick_replies": []}]
        for reply in last["quick_replies"]:
            if reply["title"] == title:
                return {"payload": reply["payload"], "quick_reply": True}
        raise AssertionError(f"{title!r} is not shown in {last}")

    def settle(self) -> None:
        """Wait for the webhooks, let a worker handle them, and write down what the bot said."""
        arrived(self.office)
        work_off(self.office)
        self.note()

    def note(self) -> None:
        """Write down what the bot has said since."""
        said = self.from_bot()
        for message in said[self._shown :]:
            self.lines += [f"bot: {line}" for line in words_of(message)]
        self._shown = len(said)

    def from_bot(self) -> list[dict[str, Any]]:
        """Return what the bot wrote to this person, oldest first."""
        return [line for line in self.office.sandbox.chat(self.person) if line["from"] == "bot"]

    def transcript(self) -> str:
        """Return the whole conversation; moments and addresses differ from run to run."""
        lines = (re.sub(r"https?://[^/\s]+", "<site>", line) for line in self.lines)
        return "\n".join(MOMENT.sub("<moment>", line) for line in lines) + "\n"


def words_of(message: dict[str, Any]) -> list[str]:
    """Return a bot's message as somebody sees it: its text, its buttons, its quick replies."""
    payload = (message["attachment"] or {}).get("payload", {})
    buttons = [f"<{button['title']}>" for button in payload.get("buttons", [])]
    replies = [f"[{reply['title']}]" for reply in message["quick_replies"]]
    text = payload.get("text") or message["text"]
    return [*text.split("\n"), " ".join([*buttons, *replies])]


def work_off(office: Office) -> None:
    """Do what workers do who come into the bot's lanes, one for people and one for facts."""
    for number in (FACTS_LANE, TALK_LANES[0]):
        Lane.objects.get_or_create(installation=office.installation, number=number)
        handle(office.installation.pk, number)


def arrived(office: Office) -> None:
    """Wait until the sandbox has delivered all its webhooks."""

    def settled() -> bool:
        return not office.sandbox.workplace("GET", "webhooks/under-way")["posts"]

    wait_until(settled, "all webhooks to be delivered")


@pytest.fixture
def linked_up(wakes, live_server, settings):
    """Return a function that points an office's webhooks at the running service."""
    settings.BASE_URL = live_server.url

    def point(office: Office) -> Office:
        secret = office.installation.app_secret or ""
        path = f"installs/{office.integration.page_id}/webhooks"
        office.sandbox.workplace(
            "POST",
            path,
            {
                "callback_url": f"{live_server.url}/workplace/webhook/{office.installation.pk}",
                "verify_token": keys_of_secret(secret).verify_token,
                "fields": FIELDS,
            },
        )
        return office

    return point


@pytest.fixture
def hanako(linked_up, new_office) -> Chat:
    """Hanako, who is linked."""
    office = linked_up(new_office())
    office.join("Hanako")
    return Chat(office, "Hanako")


@pytest.fixture
def stranger(linked_up, new_office) -> Chat:
    """Ken, who has an account in the community and no link."""
    office = linked_up(new_office())
    office.accounts["Ken"] = office.sandbox.member(office.community, "Ken")
    return Chat(office, "Ken")


def updates() -> int:
    """Return how many updates are stored."""
    return ReceivedUpdate.objects.count()


def owed() -> list[str]:
    """Return the answers that people still have to get."""
    return list(Conversation.objects.exclude(owed="").values_list("owed", flat=True))
