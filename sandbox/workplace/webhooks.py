"""Sends events and uninstall calls to apps: signed, with retries, faults on request."""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp

from sandbox.state import State
from sandbox.workplace.records import App, Subscription
from sandbox.workplace.signing import webhook_headers

GIVE_UP_SECONDS = 36 * 3600
RETRY_SECONDS = [0.0, 5.0, 30.0, 120.0, 600.0, 3600.0]
OK = range(200, 300)
LONGEST_CHALLENGE_BYTES = 64 * 1024


@dataclass
class SenderSettings:
    """How events are sent; the control API changes it.

    `batch` events share a POST, `hold` keeps them until they are flushed, `reverse` turns their
    order round at a flush, `duplicates` sends each POST so many more times.
    """

    signatures: Literal["both", "sha1", "sha256"] = "both"
    timeout_seconds: float = 5.0
    retry_seconds: list[float] = field(default_factory=lambda: list(RETRY_SECONDS))
    disable_after_seconds: float = 3600.0
    delay_seconds: float = 0.0
    duplicates: int = 0
    batch: int = 1
    hold: bool = False
    reverse: bool = False
    numeric_community: bool = True


@dataclass
class Event:
    """One event on its way: the page it concerns and the `messaging` item."""

    page_id: str
    item: dict[str, Any]


@dataclass
class Change:
    """Change outside chats, such as a mention in a post: a topic's field and its value."""

    field_name: str
    value: dict[str, Any]


@dataclass
class Delivery:
    """One POST to an app: its bytes never change from one attempt to the next."""

    app: App
    url: str
    body: bytes
    headers: dict[str, str]
    created_at: float
    subscription: Subscription | None = None
    attempts: int = 0


@dataclass
class AttemptRecord:
    """One attempt, for the control API: `status` is 0 where no answer came."""

    number: int
    app_id: str
    url: str
    attempt: int
    at: float
    status: int
    seconds: float
    headers: dict[str, str]
    body: str


class Sender:
    """Sends each app's events in order; what fails is tried again by the sandbox's clock."""

    def __init__(self, state: State) -> None:
        """Send with the shared session and clock."""
        self._state = state
        self._numbers = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.clear()

    def clear(self) -> None:
        """Forget everything and stop what is under way."""
        for task in self._tasks:
            task.cancel()
        self._tasks = set()
        self.settings = SenderSettings()
        self.attempts: deque[AttemptRecord] = deque(maxlen=self._state.settings.keep)
        self._waiting: dict[str, list[Event]] = defaultdict(list)
        self._order: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def under_way(self) -> int:
        """How many posts are on their way, or wait to be tried again."""
        return len(self._tasks)

    def emit(self, app: App, topic: str, field_name: str, event: Event) -> None:
        """Send an event if the app asked for it."""
        subscription = app.subscriptions.get(topic)
        if subscription is None or subscription.disabled_at is not None:
            return
        if field_name not in subscription.fields:
            return
        waiting = self._waiting[app.app_id]
        waiting.append(event)
        if not self.settings.hold and len(waiting) >= self.settings.batch:
            self.flush(app)

    def flush(self, app: App) -> int:
        """Send what waits for one app; return how many events."""
        events = self._waiting.pop(app.app_id, [])
        subscription = app.subscriptions.get("page")
        if not events or subscription is None:
            return 0
        if self.settings.reverse:
            events.reverse()
        size = max(1, self.settings.batch)
        for start in range(0, len(events), size):
            some = events[start : start + size]
            self._post_json(app, subscription, _page_body(some, self._state.clock.milliseconds()))
        return len(events)

    def emit_change(self, app: App, topic: str, entry_id: str, change: Change) -> bool:
        """Send a change, in a POST of its own, if the app asked for it; return whether it did."""
        subscription = app.subscriptions.get(topic)
        if subscription is None or subscription.disabled_at is not None:
            return False
        if change.field_name not in subscription.fields:
            return False
        entry = {
            "id": entry_id,
            "time": int(self._state.clock.now()),
            "changes": [{"field": change.field_name, "value": change.value}],
        }
        self._post_json(app, subscription, _encode({"object": topic, "entry": [entry]}))
        return True

    def _post_json(self, app: App, subscription: Subscription, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        headers |= webhook_headers(app.secret, body, self.settings.signatures)
        for _ in range(1 + self.settings.duplicates):
            now, url = self._state.clock.now(), subscription.callback_url
            self._start(Delivery(app, url, body, headers, now, subscription))

    def post_form(self, app: App, url: str, form: dict[str, str]) -> None:
        """Post a form to an app, with retries; the call that tells of an uninstall is one."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        self._start(Delivery(app, url, body, headers, self._state.clock.now()))

    async def challenge(self, url: str, verify_token: str, challenge: str) -> tuple[int, str]:
        """Make the verification GET; return status and body, status 0 when no answer came."""
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": verify_token,
        }
        try:
            async with self._state.http.get(
                url, params=query, allow_redirects=False, timeout=self._timeout()
            ) as answer:
                return answer.status, await _text(answer)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return 0, ""

    def _start(self, delivery: Delivery) -> None:
        task = asyncio.get_running_loop().create_task(self._run(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, delivery: Delivery) -> None:
        clock, settings = self._state.clock, self.settings
        await clock.sleep_until(delivery.created_at + settings.delay_seconds)
        async with self._order[delivery.app.app_id]:
            delivered = await self._attempt(delivery)
        for delay in self._delays():
            if delivered or _is_disabled(delivery):
                return
            await clock.sleep_until(clock.now() + delay)
            if clock.now() - delivery.created_at > GIVE_UP_SECONDS:
                return
            delivered = await self._attempt(delivery)

    def _delays(self) -> list[float]:
        steps = self.settings.retry_seconds
        last = max(1.0, steps[-1]) if steps else float(GIVE_UP_SECONDS)
        return steps + [last] * int(GIVE_UP_SECONDS // last)

    async def _attempt(self, delivery: Delivery) -> bool:
        delivery.attempts += 1
        began = time.monotonic()
        status = await self._post(delivery)
        self._numbers += 1
        self.attempts.append(
            AttemptRecord(
                number=self._numbers,
                app_id=delivery.app.app_id,
                url=delivery.url,
                attempt=delivery.attempts,
                at=self._state.clock.now(),
                status=status,
                seconds=round(time.monotonic() - began, 6),
                headers=delivery.headers,
                body=delivery.body.decode(),
            )
        )
        self._judge(delivery, status in OK)
        return status in OK

    async def _post(self, delivery: Delivery) -> int:
        try:
            async with self._state.http.post(
                delivery.url,
                data=delivery.body,
                headers=delivery.headers,
                allow_redirects=False,
                timeout=self._timeout(),
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return 0

    def _judge(self, delivery: Delivery, succeeded: bool) -> None:
        """Switch a subscription off that has failed for too long without one success."""
        subscription, now = delivery.subscription, self._state.clock.now()
        if subscription is None:
            return
        if succeeded:
            subscription.failing_since = None
        elif subscription.failing_since is None:
            subscription.failing_since = now
        elif now - subscription.failing_since >= self.settings.disable_after_seconds:
            subscription.disabled_at = now

    def _timeout(self) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(total=self.settings.timeout_seconds)

    def shown(self, after: int) -> Iterator[dict[str, Any]]:
        """Give the attempts after the given number, oldest first."""
        return (asdict(attempt) for attempt in self.attempts if attempt.number > after)


async def _text(answer: aiohttp.ClientResponse) -> str:
    """Return the body, in however many packets it comes; what is far too long is no challenge."""
    body = bytearray()
    async for some in answer.content.iter_any():
        body += some
        if len(body) > LONGEST_CHALLENGE_BYTES:
            return ""
    return body.decode(errors="replace")


def _is_disabled(delivery: Delivery) -> bool:
    return delivery.subscription is not None and delivery.subscription.disabled_at is not None


def _page_body(events: list[Event], now_ms: int) -> bytes:
    entries: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        entries.setdefault(event.page_id, []).append(event.item)
    body = {
        "object": "page",
        "entry": [
            {"id": page_id, "time": now_ms, "messaging": items}
            for page_id, items in entries.items()
        ],
    }
    return _encode(body)


def _encode(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
