"""Callers from the platform and from ovice: signed requests, webhooks, states of links."""

import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from tests.fuzz import documents, words
from tests.fuzz.doors import headers_of, in_chunks, signed_or_not
from tests.fuzz.stage import APP_SECRET, MEMBER, OTHER_MEMBER, A, B, Stage
from tests.fuzz.watching import WatchedClient
from tests.integrations.workplace.signed import encode, sign_raw

CONNECTOR_KEY = "connector-key-of-the-fuzzers"
_FORM = "application/x-www-form-urlencoded"
_BOUNDARY = "multipart/form-data; boundary=b"
_ENDS = (b"", b"", b"", b"&", b"&x=1", b"&signed_request=", b"=", b"&" * 20, b"\r\n")


class SignedRequests:
    """Notices of uninstalls, and requests to delete data."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._client = WatchedClient(stage.watch)

    def send(self, random: Random) -> int:
        """Send one, genuine in its signature, in its body, or in both."""
        self._stage.watch.about = A
        if random.random() < 0.2:
            return self._genuine(random)
        path = f"/workplace/{random.choice(('deauthorize', 'data-deletion'))}"
        body, content_type = _carried(random, self._value(random), _ENDS)
        extra = headers_of(random, {}) if random.random() < 0.1 else {"content_type": content_type}
        method = random.choice(("POST",) * 9 + ("GET",))
        self._client.generic(method, path, body, **extra, **in_chunks(random))
        return 1

    def _genuine(self, random: Random) -> int:
        """A genuine notice is one, in whatever form it comes."""
        path, told = random.choice(
            (
                ("deauthorize", {"community_id": self._stage.community(A)}),
                ("data-deletion", {"user_id": self._stage.account(A)}),
            )
        )
        value = sign_raw(documents.write({**_signed_now(random), **told}).encode(), APP_SECRET)
        body, content_type = _carried(random, value, (b"", b"&"))
        extra = in_chunks(random)
        answer = self._client.generic("POST", f"/workplace/{path}", body, content_type, **extra)
        if answer.status_code != 200:
            sent = f"{content_type} {extra} {body!r}"
            self._stage.watch.note(f"a genuine {path} was answered {answer.status_code}", sent)
        return 1

    def _value(self, random: Random) -> str:
        known = (self._stage.community(A), self._stage.account(A))
        named = random.choice(("community_id", "user_id"))
        told: dict[str, Any] = {**_signed_now(random), named: random.choice((*known, "1"))}
        parts = documents.encode(random, documents.mutate(random, told, known))[:8000]
        if random.random() < 0.8:
            return sign_raw(parts, APP_SECRET, consumer=random.random() < 0.2)
        payload = encode(parts)
        signature = random.choice(("", "=", "é", encode(b"\0" * 32), words.text(random, 90)))
        return f"{signature}.{payload}{random.choice(('', '.', '=', '&', chr(0xD800)))}"


def _signed_now(random: Random) -> dict[str, Any]:
    at = int(time.time()) + random.choice((-1, 1, 299, -10_000_000))
    return {"algorithm": "HMAC-SHA256", "issued_at": at}


def _carried(random: Random, value: str, ends: Sequence[bytes]) -> tuple[bytes, str]:
    """Return the body that carries a ``signed_request``, and its type."""
    raw = value.encode("utf-8", "surrogatepass")
    part = b'--b\r\nContent-Disposition: form-data; name="signed_request"\r\n\r\n' + raw
    kind = random.randrange(8)
    if kind == 0:
        return part + b"\r\n--b--\r\n", _BOUNDARY
    if kind == 1:
        return documents.write({"signed_request": value}).encode(), "application/json"
    form = urlencode({"signed_request": raw}).encode()
    return form + random.choice(ends), _FORM


class Webhooks:
    """Webhooks of the platform about chats, under the secret of one installation or of the app."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._client = WatchedClient(stage.watch)

    def send(self, random: Random) -> int:
        """Send one post, or one challenge; one signed by A's own secret is about A alone."""
        of_app = random.random() < 0.4
        self._stage.watch.about = "" if of_app else A
        where = f"/{self._stage.installation(A).pk}" if not of_app else ""
        path = f"/workplace/webhook{where}"
        if random.random() < 0.05:
            return self._ask(random, path)
        told = self._post(random)
        if random.random() < 0.8:
            told = documents.mutate(random, told, self._stage.known)
        body = documents.encode(random, told)
        secret = APP_SECRET if of_app else self._stage.secrets[random.choice((A, A, A, A, B))]
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={digest}"}
        if random.random() < 0.1:
            headers = signed_or_not(random, headers)
            self._client.generic("POST", path, body, **headers_of(random, headers))
        else:
            extra = {"headers": headers, **in_chunks(random)}
            self._client.generic("POST", path, body, "application/json", **extra)
        return 1

    def _ask(self, random: Random, path: str) -> int:
        names = ("hub.mode", "hub.verify_token", "hub.challenge", "")
        query = [(name, words.text(random, 300).encode("utf-8", "surrogatepass")) for name in names]
        self._client.generic("GET", f"{path}?{urlencode(query)}")
        return 1

    def _post(self, random: Random) -> dict[str, Any]:
        moment = int(time.time() * 1000)
        items = [self._item(random, moment) for _ in range(random.choice((1, 1, 2, 5)))]
        entry: dict[str, Any] = {"id": self._bot(random), "time": moment, "messaging": items}
        if random.random() < 0.2:
            value = {"from": {"id": self._stage.account(A)}, "post_id": "1_2"}
            entry = {"id": self._bot(random), "time": moment // 1000}
            entry["changes"] = [{"field": "mention", "value": value}]
        return {"object": "page", "entry": [entry]}

    def _bot(self, random: Random) -> str:
        return self._stage.bot(random.choice((A, A, A, B)))

    def _item(self, random: Random, moment: int) -> dict[str, Any]:
        sender = {"id": self._stage.account(A), "community": {"id": self._stage.community(A)}}
        kinds: tuple[Callable[[], dict[str, Any]], ...] = (
            lambda: {
                "message": {"mid": f"m{random.getrandbits(40)}", "text": words.text(random, 80)}
            },
            lambda: {"message": {"mid": "m", "quick_reply": {"payload": words.text(random, 1000)}}},
            lambda: {
                "message": {"mid": "m", "is_echo": True, "metadata": words.text(random, 1000)}
            },
            lambda: {"postback": {"payload": words.text(random, 1000), "title": "x"}},
            lambda: {"delivery": {"mids": [words.text(random, 300)], "watermark": moment}},
            lambda: {"read": {"watermark": random.choice((moment, 0, -1, 10**30, "1"))}},
        )
        about = {"recipient": {"id": self._bot(random)}, "timestamp": moment}
        return {"sender": sender, **about, **random.choice(kinds)()}


class Links:
    """Links that ovice asks about with its key; answers are about A, whatever the path says."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._client = WatchedClient(stage.watch)

    def send(self, random: Random) -> int:
        """Ask, or end a link."""
        self._stage.watch.about = A
        organization = quote(_path_part(random, (self._stage.portal.a.ovice_id,)), safe="")
        headers = {"Authorization": f"Bearer {CONNECTOR_KEY}"}
        if random.random() < 0.1:
            headers = signed_or_not(random, headers)
        if random.random() < 0.5:
            user = quote(_path_part(random, (MEMBER, OTHER_MEMBER)), safe="")
            path = f"/v1/organizations/{organization}/users/{user}/link"
            self._client.generic(random.choice(("GET", "DELETE")), path, headers=headers)
            return 1
        told: dict[str, Any] = {"ids": [MEMBER, OTHER_MEMBER, "?"]}
        body = documents.encode(random, documents.mutate(random, told, self._stage.known))
        path = f"/v1/organizations/{organization}/links/batch-get"
        self._client.generic("POST", path, body, **headers_of(random, headers))
        return 1


def _path_part(random: Random, known: tuple[str, ...]) -> bytes:
    part = words.identifier(random, known) if random.random() < 0.5 else random.choice(known)
    return part.encode("utf-8", "surrogatepass")
