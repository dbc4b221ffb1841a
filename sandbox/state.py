"""State that all parts of the sandbox share in one process; everything lives in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from sandbox.clock import Clock
from sandbox.live import Live
from sandbox.settings import Settings


@dataclass
class State:
    """The shared state, found as `app[STATE]` on both applications.

    A part of the sandbox with a state of its own adds it to the application under its own key
    and appends to `on_reset` what brings it back to its beginning. `graph_url` and `web_url` are
    known once the ports are open. `http` is there while the applications run.
    """

    settings: Settings
    clock: Clock = field(default_factory=Clock)
    live: Live = field(default_factory=Live)
    relay_url: str = ""
    graph_url: str = ""
    web_url: str = ""
    on_reset: list[Callable[[], None]] = field(default_factory=list)
    _http: aiohttp.ClientSession | None = None

    def __post_init__(self) -> None:
        """Take the relay's address from the settings until the control API says otherwise."""
        self.relay_url = self.settings.relay_url

    @property
    def http(self) -> aiohttp.ClientSession:
        """Return the session for the sandbox's own requests, to the relay above all."""
        if self._http is None:
            self._http = aiohttp.ClientSession(
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                # Answers are read as they come, so none may come compressed.
                headers={"User-Agent": "kotozute-sandbox", "Accept-Encoding": "identity"},
            )
        return self._http

    def reset(self) -> None:
        """Forget everything, the clock's shift included; the relay's address stays."""
        self.clock.reset()
        for forget in self.on_reset:
            forget()

    async def close(self) -> None:
        """Give back the session's connections."""
        if self._http is not None:
            await self._http.close()


STATE: web.AppKey[State] = web.AppKey("state", State)
