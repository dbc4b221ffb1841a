"""One Graph API call on its way through the checks."""

from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.state import State
from sandbox.workplace.calls import CallRecord, Calls
from sandbox.workplace.errors import GraphError, missing_permission
from sandbox.workplace.records import App, Install
from sandbox.workplace.replies import Reply
from sandbox.workplace.webhooks import Sender
from sandbox.workplace.world import World


class Answers(Protocol):
    """Handler that takes a call through all checks and answers it."""

    async def answer(self, call: "Call") -> Reply:
        """Return the reply; a refusal is one too."""


@dataclass(frozen=True)
class Platform:
    """The parts of the pretend Workplace that calls work with."""

    state: State
    world: World
    sender: Sender
    calls: Calls
    pipeline: Answers


@dataclass
class Call:
    """A call's parts; `install` is set for a community token, `app` for either kind of token."""

    platform: Platform
    record: CallRecord
    method: str
    segments: list[str]
    params: dict[str, Any]
    bearer: str = ""
    version: str = ""
    app: App | None = None
    _install: Install | None = None

    @property
    def world(self) -> World:
        """Return the world the call reads and changes."""
        return self.platform.world

    @property
    def sender(self) -> Sender:
        """Return what sends events to apps."""
        return self.platform.sender

    @property
    def token(self) -> str:
        """Return the access token: the Bearer header's, or the parameter's."""
        given = self.params.get("access_token")
        return self.bearer or (given if isinstance(given, str) else "")

    @property
    def path(self) -> str:
        """Return the path without version."""
        return "/".join(self.segments)

    @property
    def base_url(self) -> str:
        """Return the address of the API's root, with the version the caller used."""
        return f"{self.platform.state.graph_url}/{self.version}".rstrip("/")

    @property
    def install(self) -> Install:
        """Return the install that calls; an app token is refused."""
        if self._install is None:
            raise GraphError(
                2500,
                "An active access token must be used to query information about the current user.",
            )
        return self._install

    @property
    def has_install(self) -> bool:
        """Tell whether a community token was used."""
        return self._install is not None

    def calls_as(self, install: Install) -> None:
        """Note who calls."""
        self._install, self.app = install, install.app
        self.record.app_id, self.record.page_id = install.app.app_id, install.page_id

    def calls_as_app(self, app: App) -> None:
        """Note that an app itself calls, with its app access token."""
        self.app = app
        self.record.app_id = app.app_id

    def require(self, permission: str, why: str) -> None:
        """Refuse the call unless the install was given the permission."""
        if permission not in self.install.permissions:
            raise missing_permission(why)

    def child(self, method: str, segments: list[str], params: dict[str, Any]) -> "Call":
        """Return a call made inside this one, with the same token unless it brings its own."""
        now = self.world.clock.now()
        record = self.platform.calls.open(method, "/".join(segments), now)
        bearer = (
            self.bearer if params.get("access_token") == self.params.get("access_token") else ""
        )
        return Call(self.platform, record, method, segments, params, bearer, self.version)
