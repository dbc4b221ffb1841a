"""The stage of the journeys: the running service, and companies that are in ovice and Workplace."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from config.demo.story import WEBHOOK_FIELDS
from config.demo.system import System
from integrations.targets.quoting import unquote
from tests.plugins.mailbox import Mailbox
from tests.plugins.receiver import wait_until

PATIENCE_SECONDS = 40
MAILED_CODE = re.compile(r"^\s*([A-Z]{4}-?[A-Z]{4})\s*$", re.MULTILINE)


@dataclass
class Company:
    """One organization of ovice and its community in Workplace."""

    town: "Town"
    name: str
    organization: str
    space: str
    community: str
    people: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)

    def email(self, name: str) -> str:
        """Return a person's address, which is the same on both sides."""
        return f"{name.casefold()}@{self.name.casefold()}.example"

    def hires(self, name: str, role: str = "member", *, account: bool = True, **ovice: Any) -> None:
        """Add a person to ovice and, unless told otherwise, to Workplace."""
        email = self.email(name)
        person = {"name": name, "email": email, "role": role, **ovice}
        path = f"ovice/organizations/{self.organization}/people"
        self.people[name] = self.town.control("POST", path, person)["id"]
        if account:
            there = f"workplace/communities/{self.community}/members"
            made = {"name": name, "email": email, "locale": ovice.get("locale", "en_US")}
            self.accounts[name] = self.town.control("POST", there, made)["id"]

    def speaks(self, name: str, locale: str) -> None:
        """Set the language that somebody has chosen in ovice."""
        path = f"ovice/organizations/{self.organization}/people/{self.people[name]}"
        self.town.control("PATCH", path, {"locale": locale})

    def token(self, **values: Any) -> dict[str, str]:
        """Make a custom integration; return its secrets."""
        path = f"workplace/communities/{self.community}/integrations"
        made: dict[str, str] = self.town.control("POST", path, {"name": "ovice DM", **values})
        return made

    def connects(self, linked: Iterable[str] = ()) -> None:
        """Connect with a new token, link people, and let the bot hear."""
        made = self.token()
        order = {
            "organization": self.organization,
            "access_token": made["access_token"],
            "app_secret": made["app_secret"],
            "members": [self.people[name] for name in linked],
        }
        self.listens(made, self.town.system.manage("connecting", "demo_connect", stdin=order))

    def writes(self, sender: str, recipient: str, text: str) -> dict[str, Any]:
        """Have somebody write a DM in ovice; return what it was given, with its ids."""
        dm = {
            "organization": self.organization,
            "space": self.space,
            "sender": self.people[sender],
            "recipient": self.people[recipient],
            "text": text,
        }
        sent: dict[str, Any] = self.town.control("POST", "ovice/dm", dm)
        return sent

    def listens(self, secrets: dict[str, str], connected: str) -> None:
        """Enter in Workplace where a custom integration's webhooks go."""
        made = json.loads(connected)
        webhooks = {
            "callback_url": f"{self.town.system.base_url}/workplace/webhook/{made['installation']}",
            "verify_token": made["verify_token"],
            "fields": list(WEBHOOK_FIELDS),
        }
        self.town.control("POST", f"workplace/installs/{secrets['page_id']}/webhooks", webhooks)

    def page(self, which: str, name: str, language: str) -> str:
        """Return the address of a page of ovice for a person: ``settings`` or ``integrations``."""
        path = f"/ovice/organizations/{self.organization}/{which}"
        return f"{self.town.sandbox}{path}?as={self.people[name]}&lang={language}"

    def room(self, name: str, language: str) -> str:
        """Return the address of the company's space for a person."""
        path = f"/ovice/spaces/{self.space}"
        return f"{self.town.sandbox}{path}?as={self.people[name]}&lang={language}"

    def dashboard(self) -> str:
        """Return the address of the company's dashboard in Workplace."""
        return f"{self.town.sandbox}/work/admin/{self.community}/"

    def chat(self, name: str) -> str:
        """Return the address of a person's chat with the bot, once there is one."""
        wait_until(
            lambda: self._chat(name), f"the bot to write to {name}", seconds=PATIENCE_SECONDS
        )
        thread = self._chat(name)[0]["thread_id"]
        return f"{self.town.sandbox}/chat/{self.accounts[name]}/{thread}"

    def texts(self, name: str) -> list[str]:
        """Return the DMs a person got in Work Chat, in one line each, without their headline."""
        dms = [line["text"].split("\n\n")[1] for line in self._chat(name) if line["metadata"]]
        return [unquote(text).replace("\n", " ") for text in dms]

    def wait_for_texts(self, name: str, texts: list[str]) -> None:
        """Wait until a person's newest DMs are these, in this order."""

        def there() -> bool:
            return self.texts(name)[-len(texts) :] == texts

        try:
            wait_until(there, f"the DMs of {name}", seconds=PATIENCE_SECONDS)
        except AssertionError:
            assert self.texts(name) == texts
            raise

    def _chat(self, name: str) -> list[dict[str, Any]]:
        path = f"workplace/messages?member={self.accounts[name]}"
        lines = self.town.control("GET", path)["data"]
        return [line for line in lines if line["from"] == "bot"]


@dataclass
class Town:
    """The running service and its sandbox."""

    system: System
    mailbox: Mailbox

    @property
    def sandbox(self) -> str:
        """Return where ovice's and Workplace's pages are."""
        return self.system.sandbox_url

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """Ask the sandbox's control API."""
        return self.system.control(method, path, document)

    def run(self, code: str) -> str:
        """Run Python in a process of the service; return what it printed."""
        return self.system.manage("running", "shell", "--verbosity", "0", "--command", code)

    def let_days_pass(self, days: int) -> None:
        """Make everything that waits to be purged that much older."""
        self.run(f"from tests.removals import let_days_pass; let_days_pass({days})")

    def everything_stored(self) -> str:
        """Return every row of every table."""
        return self.system.manage("looking", "dumpdata", "--all")

    def company(self, name: str, locale: str = "en_US") -> Company:
        """Found a company: an organization with a space, a community, and Olga, who owns it."""
        organization = self.control("POST", "ovice/organizations", {"name": name})["id"]
        space = {"name": f"{name} HQ", "domain": f"{name.casefold()}-hq"}
        made = self.control("POST", f"ovice/organizations/{organization}/spaces", space)
        community = self.control("POST", "workplace/communities", {"name": name})["id"]
        company = Company(self, name, organization, made["id"], community)
        company.hires("Olga", "owner", locale=locale)
        return company

    def mailed_code(self, to: str) -> str:
        """Wait for the code that is mailed to an address, and return it."""
        return MAILED_CODE.findall(self.mailbox.take(to=to))[-1]
