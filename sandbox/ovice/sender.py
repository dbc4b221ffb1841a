"""Sends events to the relay and tries again until it takes them."""

import asyncio
import random
import time

import aiohttp
from aiohttp import web

from sandbox.ovice import signing
from sandbox.ovice.outbox import Attempt, Outbox, OutgoingEvent, OutgoingState, read_answer
from sandbox.ovice.schedule import Verdict, judge, parse_retry_after, wait_seconds
from sandbox.ovice.settings import OviceSettings
from sandbox.state import State

EVENTS_PATH = "/v1/ovice/events"
TIMEOUT = aiohttp.ClientTimeout(total=20)
_jitter = random.Random()  # noqa: S311 - spreads attempts, protects nothing


class Sender:
    """Signs and posts events. Waits pass by the sandbox's clock, so a test can skip them.

    The stamp of an attempt is real time all the same: the relay checks it against its own clock,
    and a moved clock here must not make every signature look stale there.
    """

    def __init__(self, state: State, settings: OviceSettings, outbox: Outbox) -> None:
        """Send for the given state and note every attempt in `outbox`."""
        self._state = state
        self._settings = settings
        self._outbox = outbox
        self._running: set[asyncio.Task[None]] = set()

    async def send(self, event: OutgoingEvent) -> None:
        """Send an event; return after its first attempt and go on trying in the background."""
        self._outbox.add(event)
        first_done = asyncio.Event()
        task = asyncio.create_task(self._deliver(event, first_done))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await first_done.wait()

    async def post(
        self, body: bytes, headers: dict[str, str], attempt: Attempt, *, path: str = EVENTS_PATH
    ) -> str | None:
        """Make one request, note its outcome and return the relay's `retry-after`."""
        started = time.monotonic()
        retry_after = None
        try:
            async with self._state.http.post(
                self._state.relay_url + path,
                data=body,
                headers={"content-type": "application/json", **headers},
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                attempt.answer = read_answer(await response.read())
                attempt.status = response.status
                retry_after = response.headers.get("retry-after")
        except (aiohttp.ClientError, TimeoutError) as error:
            attempt.error = type(error).__name__
        attempt.milliseconds = round((time.monotonic() - started) * 1000, 1)
        return retry_after

    async def attempt(self, event: OutgoingEvent) -> float | None:
        """Try an event once and return the relay's `retry-after` in seconds."""
        timestamp = int(time.time())
        attempt = self._outbox.open_attempt(event, self._state.clock.now(), timestamp)
        secrets = self._settings.event_secrets
        signed = signing.headers(secrets, event.event_id, timestamp, event.body)
        return parse_retry_after(await self.post(event.body, signed, attempt), time.time())

    def forget(self) -> None:
        """Stop trying whatever is under way."""
        for task in self._running:
            task.cancel()

    async def _deliver(self, event: OutgoingEvent, first_done: asyncio.Event) -> None:
        try:
            while (moment := await self._try(event)) is not None:
                first_done.set()
                await self._state.clock.sleep_until(moment)
        finally:
            first_done.set()

    async def _try(self, event: OutgoingEvent) -> float | None:
        """Make one attempt and return when to make the next, or None when there is none."""
        if not self._settings.endpoint_enabled:
            event.state = OutgoingState.ENDPOINT_DISABLED
            return None
        retry_after = await self.attempt(event)
        moment = self._settle(event, retry_after)
        self._state.live.publish(f"ovice:{event.organization_id}", {"kind": "event"})
        return moment

    def _settle(self, event: OutgoingEvent, retry_after: float | None) -> float | None:
        attempt = event.attempts[-1]
        verdict = judge(attempt.status)
        if verdict is Verdict.GONE:
            self._settings.endpoint_enabled = False
            event.state = OutgoingState.ENDPOINT_DISABLED
            return None
        wait = wait_seconds(
            len(event.attempts),
            attempt.status,
            retry_after,
            scale=self._settings.retry_scale,
            luck=_jitter.random(),
        )
        if verdict is Verdict.ACCEPTED:
            event.state = OutgoingState.ACCEPTED
            return None
        if wait is None:
            event.state = OutgoingState.GIVEN_UP
            return None
        event.state = OutgoingState.RETRYING
        attempt.next_attempt_at = self._state.clock.now() + wait
        return attempt.next_attempt_at


SENDER: web.AppKey[Sender] = web.AppKey("sender", Sender)
