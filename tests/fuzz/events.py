"""Events of ovice, one by one and in batches, under a genuine signature or none."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from django.test import Client

from messaging.models import Delivery, Message, ReceivedEvent
from tests.factories import rfc3339, sign
from tests.fuzz import documents, words
from tests.fuzz.doors import headers_of, in_chunks, signed_or_not
from tests.fuzz.stage import KNOWN_TO_B, MEMBER, MESSAGE, OTHER_MEMBER, SPACE, A, Stage
from tests.fuzz.watching import WatchedClient

Draw = Callable[[Random, str], dict[str, Any]]

EVENTS, BATCH = "/v1/ovice/events", "/v1/ovice/events/batch"
_SIZES, _FEW = (1, 2, 7, 30, 120, 500), 30
_LARGEST = 1024 * 1024


class Events:
    """One event a request: genuine, decorated with nonsense, or broken."""

    limit = 0.25

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._client = WatchedClient(stage.watch, limit=self.limit)

    def send(self, random: Random) -> int:
        """Send one event; now and then one that came before, once more."""
        self._stage.watch.about = A
        kind = random.randrange(10)
        if kind == 0:
            return self._repeat(random)
        if kind < 4:
            event = decorated(random, genuine(random, self._stage.portal.a.ovice_id))
            body = documents.write(event).encode()
            answer = self._post(random, body, event["data"]["event_id"])
            if answer.status_code not in (202, 204):
                self._stage.watch.note(f"a mere decoration was answered {answer.content!r}", "")
            return 1
        event = genuine(random, self._stage.portal.a.ovice_id)
        event_id = event["data"].pop("event_id")
        body = documents.encode(random, documents.mutate(random, event, self._stage.known))
        if kind < 9:
            self._post(random, body, event_id)
        else:
            headers = signed_or_not(random, sign(body, event_id=event_id))
            self._client.generic("POST", EVENTS, body, **headers_of(random, headers))
        return 1

    def _post(self, random: Random, body: bytes, event_id: str) -> Any:
        extra = {"headers": sign(body, event_id=event_id), **in_chunks(random)}
        return self._client.generic("POST", EVENTS, body, "application/json", **extra)

    def _repeat(self, random: Random) -> int:
        """A message under an event id of B's is taken; the same again changes nothing."""
        event = message(random, self._stage.portal.a.ovice_id)
        event["data"]["event_id"] = KNOWN_TO_B
        body = json.dumps(event).encode()
        headers = sign(body, event_id=KNOWN_TO_B)
        plain, heard, rows = Client(raise_request_exception=False), [], []
        with self._stage.watch.undone():
            for _ in range(2):
                answer = plain.post(EVENTS, body, "application/json", headers=headers)
                taken = answer.status_code == 202
                heard.append(answer.json()["status"] if taken else str(answer.status_code))
                rows.append([model.objects.count() for model in (ReceivedEvent, Message, Delivery)])
        if heard != ["accepted", "duplicate"] or rows[0] != rows[1]:
            self._stage.watch.note(
                f"a message and its repeat were {heard}, rows {rows}", f"{body!r}"
            )
        return 2


class Batches:
    """Up to 500 events a request, most of them broken; the good ones are taken all the same."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._client = WatchedClient(stage.watch, refused=_all_refused)

    def send(self, random: Random) -> int:
        """Send one batch and return how many events it held."""
        self._stage.watch.about = A
        good: list[int] = []
        texts: list[str] = []
        room = _LARGEST - 64
        size = random.choice(_SIZES)
        for place in range(size):
            # Many at once are messages, hardly ever anything else.
            rare = size <= _FEW or random.random() < 0.02
            text = self._text(random, (genuine if rare else message), good, place)
            room -= len(text.encode("utf-8", "surrogatepass")) + 1
            if room < 0:
                good = [each for each in good if each < place]
                break
            texts.append(text)
        body = f'{{"events":[{",".join(texts)}]}}'.encode("utf-8", "surrogatepass")
        if spoilt := random.random() < 0.05:
            body = documents.spoil(random, body)
        self._client.limit = 1.0 + 0.003 * len(texts)
        headers = sign(body, event_id=f"batch_{random.getrandbits(64)}")
        answer = self._client.generic("POST", BATCH, body, "application/json", headers=headers)
        if not spoilt:
            self._check(answer, len(texts), good)
        return len(texts)

    def _text(self, random: Random, draw: Draw, good: list[int], place: int) -> str:
        event = draw(random, self._stage.portal.a.ovice_id)
        kind = random.randrange(8)
        if kind < 2:
            good.append(place)
            event = decorated(random, event) if kind else event
            return documents.write(event)
        changed = documents.mutate(random, event, self._stage.known)
        text = documents.write(changed, ascii_only=random.random() < 0.5)
        # Text that is not JSON at all refuses the batch: nobody could say where the event ends.
        return text if _is_json(text) else "null"

    def _check(self, answer: Any, count: int, good: list[int]) -> None:
        if answer.status_code != 202:
            return
        results = answer.json()["results"]
        if len(results) != count:
            self._stage.watch.note("not one result for each event", f"{count}, {len(results)}")
            return
        for place in good:
            if results[place]["status"] == "refused":
                self._stage.watch.note(f"a good one was refused: {results[place]}", f"{place}")


def _all_refused(answer: Any) -> bool:
    if answer.status_code != 202:
        return True
    return all(result["status"] == "refused" for result in answer.json()["results"])


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_int=str)
    except RecursionError:
        return all(text.count(left) == text.count(right) for left, right in ("[]", "{}"))
    except ValueError:
        return False
    return True


def genuine(random: Random, organization: str) -> dict[str, Any]:
    """Draw an event of the contract with nothing wrong in it."""
    return random.choice(_KINDS)(random, organization)


def message(random: Random, organization: str) -> dict[str, Any]:
    """Draw a DM to the linked member, sent now."""
    return _event(
        random,
        "message.direct.created",
        organization,
        space=_space(),
        message={
            "id": f"msg-{random.getrandbits(60)}",
            "text": words.mixed(random, 80).encode("utf-8", "ignore").decode(),
            "text_format": random.choice(("plain", "html")),
            "sent_at": rfc3339(),
            "deep_link": "https://app.ovice.com/ws/tokyo-hq",
            "attachments": [{"kind": "image", "name": "plan.png", "mime_type": "image/png"}],
        },
        mention={"scope": "user", "handles": ["@Hanako"]},
        sender={"id": "123456", "name": "Taro", "role": "member"},
        recipients=[{"id": MEMBER, "type": "user", "role": "member", "name": "Hanako"}],
    )


def decorated(random: Random, event: dict[str, Any]) -> dict[str, Any]:
    """Return an event in which nothing that decides is changed, and the rest is nonsense."""
    data = event["data"]
    data["organization"] |= {"plan": words.text(random, 64)}
    if "message" in data and "text" in data["message"] and "sender" in data:
        data["message"]["attachments"] = [{"kind": words.text(random, 64), "size": "x", "": [[]]}]
        data["message"]["text"] = random.choice((None, words.text(random, 4000)))
        data["message"]["deep_link"] = random.choice((None, *words.ADDRESSES))
        data["sender"] |= {"name": words.text(random, 255), "role": words.text(random)}
        data["mention"] |= {"handles": [words.text(random)], "x": None}
    if "space" in data:
        data["space"] |= {"name": words.text(random, 255), "domain": words.text(random, 63)}
        data["space"] |= {"url": random.choice(words.ADDRESSES)}
    if "member" in data and "role" in data["member"]:
        data["member"] |= {"name": words.text(random, 255), "locale": words.text(random, 16)}
    return event


def _event(random: Random, kind: str, organization: str, /, **data: Any) -> dict[str, Any]:
    event_id = f"evt_{random.getrandbits(60)}"
    told = {"event_id": event_id, "organization": {"id": organization}, **data}
    return {"type": kind, "timestamp": rfc3339(), "schema": 1, "data": told}


def _space() -> dict[str, Any]:
    return {"id": SPACE, "name": "Tokyo HQ", "domain": "tokyo-hq", "url": "https://app.ovice.com/"}


def _edited(random: Random, organization: str) -> dict[str, Any]:
    told = {"id": MESSAGE, "text": words.mixed(random, 40).encode("utf-8", "ignore").decode()}
    return _event(random, "message.direct.updated", organization, message=told)


def _deleted(random: Random, organization: str) -> dict[str, Any]:
    return _event(random, "message.direct.deleted", organization, message={"id": MESSAGE})


def _organization(random: Random, organization: str) -> dict[str, Any]:
    event = _event(random, "organization.updated", organization)
    event["data"]["organization"] |= {"name": "Acme", "plan": "pro", "feature_enabled": True}
    return event


def _removed(random: Random, organization: str) -> dict[str, Any]:
    return _event(random, "organization.removed", organization)


def _member(random: Random, organization: str) -> dict[str, Any]:
    told = {
        "id": random.choice((MEMBER, OTHER_MEMBER, "new")),
        "email": random.choice(("hanako@example.com", "other@example.com")),
        "email_verified": True,
        "name": "Hanako",
        "role": random.choice(("owner", "admin", "member", "visitor", "guest")),
        "locale": "ja",
    }
    kind = random.choice(("organization.member.added", "organization.member.updated"))
    return _event(random, kind, organization, member=told)


def _address(random: Random, organization: str) -> dict[str, Any]:
    told = {"id": MEMBER, "new": "new@example.com", "verified": random.random() < 0.5}
    return _event(random, "organization.member.email_changed", organization, member=told)


def _left(random: Random, organization: str) -> dict[str, Any]:
    return _event(random, "organization.member.removed", organization, member={"id": MEMBER})


def _space_told(random: Random, organization: str) -> dict[str, Any]:
    return _event(
        random, random.choice(("space.created", "space.updated")), organization, space=_space()
    )


def _space_gone(random: Random, organization: str) -> dict[str, Any]:
    return _event(random, "space.removed", organization, space={"id": SPACE})


def _ping(random: Random, organization: str) -> dict[str, Any]:
    return _event(random, random.choice(("connector.ping", "future.kind")), organization)


_KINDS: tuple[Draw, ...] = (
    *(message, message, message, message, message, _edited, _deleted, _organization, _removed),
    *(_member, _member, _address, _left, _space_told, _space_gone, _ping),
)
