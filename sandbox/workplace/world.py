"""Everything the pretend Workplace knows, and the changes that can be made to it."""

import secrets
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from sandbox.clock import Clock
from sandbox.live import Live
from sandbox.workplace import ids
from sandbox.workplace.records import App, Code, Community, Install, Kind, Member, Message, Thread

MINIMAL_PERMISSIONS = ["message", "read_user_email"]


@dataclass
class Behaviour:
    """Choices where the real platform's behaviour is not known; the control API changes them."""

    invalid_token_status: int = 401
    unavailable_code: int = 551
    unknown_email_status: int = 404
    deactivated_lookup: Literal["shown", "hidden"] = "shown"
    community_needs_permission: bool = False
    proof_tolerance_seconds: float = 2.0
    idle_days: int = 60
    typing_seconds: float = 20.0
    community_id_digits: int = 16
    long_quick_reply_titles: Literal["cut", "refused"] = "cut"
    paging_secrets: Literal["kept", "left_out"] = "kept"


class World:
    """The state of the pretend Workplace, with one method for each way to change it."""

    def __init__(self, clock: Clock, live: Live, keep: int) -> None:
        """Start empty; `keep` bounds how many messages are remembered."""
        self.clock = clock
        self.live = live
        self.keep = keep
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.behaviour = Behaviour()
        self.apps: dict[str, App] = {}
        self.communities: dict[str, Community] = {}
        self.members: dict[str, Member] = {}
        self.installs: list[Install] = []
        self.by_token: dict[str, Install] = {}
        self.dead_tokens: dict[str, Literal["reset", "uninstalled"]] = {}
        self.codes: dict[str, Code] = {}
        self.unseen_tokens: set[str] = set()
        self.threads: dict[str, Thread] = {}
        self.messages: deque[Message] = deque()
        self._direct: dict[tuple[str, str], Thread] = {}
        self._scoped: dict[tuple[str, str], Member] = {}

    def create_community(self, name: str, community_id: str = "") -> Community:
        """Add a community; an id is made unless one is given."""
        community = Community(
            community_id or ids.community_id(self.behaviour.community_id_digits), name
        )
        self.communities[community.community_id] = community
        self.announce(community)
        return community

    def create_member(
        self,
        community: Community,
        *,
        name: str,
        email: str,
        locale: str = "en_US",
        claimed: bool = True,
        details: dict[str, str] | None = None,
    ) -> Member:
        """Add a person; who has not claimed the account cannot be messaged."""
        now = self.clock.now()
        member = Member(
            member_id=ids.new_id("20", 13),
            community=community,
            email=email,
            name=name,
            locale=locale,
            invited_at=now,
            claimed_at=now if claimed else None,
            details=details or {},
        )
        community.members.append(member)
        community.by_email[email.casefold()] = member
        self.members[member.member_id] = member
        for install in self.installs:
            if install.community is community:
                self._scope(install.app, member)
        self.announce(community)
        return member

    def create_app(self, name: str, kind: Kind, app_id: str = "", secret: str = "") -> App:
        """Add an app; id and secret are made unless given."""
        app = App(app_id or ids.new_id("3", 15), secret or secrets.token_hex(16), name, kind)
        self.apps[app.app_id] = app
        for community in self.communities.values():
            self.announce(community)
        return app

    def install(
        self,
        app: App,
        community: Community,
        *,
        permissions: list[str],
        page_name: str = "",
        require_proof: bool = False,
    ) -> Install:
        """Bring an app into a community; a live install of it there is replaced, token and all."""
        if former := self.live_install(app, community):
            self.uninstall(former)
        install = Install(
            install_id=ids.new_id("4", 15),
            app=app,
            community=community,
            page_id=ids.new_id("1000", 11),
            page_name=page_name or app.name,
            token=ids.token(third_party=app.kind is Kind.THIRD_PARTY),
            permissions=permissions,
            require_proof=require_proof or app.kind is Kind.THIRD_PARTY,
            installed_at=self.clock.now(),
            last_called_at=self.clock.now(),
        )
        self.installs.append(install)
        self.by_token[install.token] = install
        for member in community.members:
            self._scope(app, member)
        self.announce(install.community)
        return install

    def uninstall(self, install: Install) -> None:
        """End an install; its token is refused from now on."""
        install.uninstalled_at = self.clock.now()
        self._kill_token(install, "uninstalled")
        self.announce(install.community)

    def reset_token(self, install: Install) -> str:
        """Give an install a new token and return it; the old one is refused from now on."""
        self._kill_token(install, "reset")
        install.token = ids.token(third_party=install.app.kind is Kind.THIRD_PARTY)
        self.by_token[install.token] = install
        self.announce(install.community)
        return install.token

    def live_install(self, app: App, community: Community) -> Install | None:
        """Return the app's install in a community, if there is one."""
        for install in self.installs_in(community):
            if install.app is app:
                return install
        return None

    def installs_in(self, community: Community) -> list[Install]:
        """Return a community's live installs, oldest first."""
        return [i for i in self.installs if i.community is community and not i.uninstalled_at]

    def scoped_id(self, install: Install, member: Member) -> str:
        """Return the id by which an install's app knows a member."""
        return ids.scoped_id(install.app.app_id, member.member_id)

    def member_by_scoped_id(self, install: Install, scoped_id: str) -> Member | None:
        """Find a member of the install's own community by app-scoped id."""
        member = self._scoped.get((install.app.app_id, scoped_id))
        if member is None or member.community is not install.community:
            return None
        return member if install.sees(member) else None

    def member_by_email(self, community: Community, email: str) -> Member | None:
        """Find a member by login address, whatever the letter case."""
        return community.by_email.get(email.casefold())

    def rename_email(self, member: Member, email: str) -> None:
        """Give a member another login address; the old one is free for somebody else."""
        del member.community.by_email[member.email.casefold()]
        member.email = email
        member.community.by_email[email.casefold()] = member
        self.announce(member.community)

    def set_active(self, member: Member, *, active: bool) -> None:
        """Deactivate a member, or bring a former one back."""
        member.deactivated_at = None if active else self.clock.now()
        self.announce(member.community)

    def direct_thread(self, install: Install, member: Member) -> Thread:
        """Return the one chat of a bot with one member, made at its first use."""
        key = (install.page_id, member.member_id)
        if key not in self._direct:
            thread = Thread(ids.new_id("t_1", 14), install, [member])
            self._direct[key] = self.threads[thread.thread_id] = thread
        return self._direct[key]

    def group_thread(self, install: Install, members: list[Member]) -> Thread:
        """Return a new group chat: each send to several people opens another one."""
        thread = Thread(ids.new_id("t_2", 14), install, members, is_group=True)
        self.threads[thread.thread_id] = thread
        return thread

    def add_message(self, thread: Thread, sender: Member | None, **content: Any) -> Message:
        """Put a message into a chat and tell the open pages; no sender means the bot."""
        message = Message(ids.message_id(), thread, sender, self.clock.now(), **content)
        thread.messages.append(message)
        self.messages.append(message)
        if len(self.messages) > self.keep:
            # The oldest message of all is oldest in its chat too.
            self.messages.popleft().thread.messages.popleft()
        thread.typing_until = 0.0
        self.announce_thread(thread)
        return message

    def announce(self, community: Community) -> None:
        """Tell the open pages of a community, and those that list all, that it changed."""
        for topic in ("communities", f"community:{community.community_id}"):
            self.live.publish(topic, {"kind": "community"})

    def announce_thread(self, thread: Thread) -> None:
        """Tell the open pages of everybody in a chat that it changed."""
        for member in thread.members:
            self.live.publish(f"chat:{member.member_id}", {"kind": "chat"})

    def _scope(self, app: App, member: Member) -> None:
        self._scoped[app.app_id, ids.scoped_id(app.app_id, member.member_id)] = member

    def _kill_token(self, install: Install, reason: Literal["reset", "uninstalled"]) -> None:
        self.by_token.pop(install.token, None)
        self.dead_tokens[install.token] = reason


WORLD: web.AppKey[World] = web.AppKey("world", World)
