"""Pages of ovice's directory, served over HTTP and read as every night."""

from random import Random
from typing import Any

from accounts.directory.schedule import sync
from tests.fuzz import documents, words
from tests.fuzz.stage import MEMBER, OTHER_MEMBER, SPACE, A, Stage
from tests.fuzz.watching import fault_of
from tests.sandbox.ovice.receiver import Answer

_NOTED = frozenset({"accounts_directorysync"})


class Directories:
    """A pass over A's directory whose pages are broken, or lie."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._ovice = stage.ovice

    def send(self, random: Random) -> int:
        """Let one directory be read; a pass that fails has changed nobody."""
        watch = self._stage.watch
        watch.about, watch.noted = A, _NOTED
        pages = [
            self._page(random, last) for last in random.choice(((1,), (1,), (0, 1), (0, 0, 1)))
        ]

        def act() -> Any:
            self._ovice.answers.clear()
            self._ovice.answers.extend(Answer(200, page) for page in pages * 3)
            try:
                return sync(self._stage.portal.a)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                watch.note(
                    f"raised {fault_of((type(error), error, error.__traceback__))}", f"{pages}"
                )
                return None

        watch.look(act, f"{pages}", limit=1.0 * len(pages), refused=lambda answer: answer is None)
        self._ovice.received.clear()
        return len(pages)

    def _page(self, random: Random, last: int) -> bytes:
        page: dict[str, Any] = {
            "organization": {"id": self._stage.portal.a.ovice_id, "name": "Acme"},
            "generation": "1",
            "spaces": [{"id": SPACE, "name": "Tokyo HQ", "domain": "tokyo-hq"}],
            "members": [_person(random, place) for place in range(random.choice((1, 3, 30)))],
            "next_cursor": None if last else f"{random.getrandbits(40)}",
        }
        if random.random() < 0.8:
            page = documents.mutate(random, page, self._stage.known)
        return documents.encode(random, page)


def _person(random: Random, place: int) -> dict[str, Any]:
    odd = random.random() < 0.3
    return {
        "id": (MEMBER, OTHER_MEMBER)[place] if place < 2 else f"user-{place}",
        "email": random.choice(words.MAILS) if odd else f"user-{place}@example.com",
        "email_verified": True,
        "name": words.text(random, 255) if odd else "Hanako",
        "role": random.choice(("owner", "admin", "member", "visitor", "guest", "x")),
        "locale": words.text(random, 16) if odd else "ja",
        "status": random.choice(("active", "active", "active", "removed", "", "x")),
    }
