"""Every page there is, opened by owners, staff, a member and a stranger with hostile values."""

from random import Random

from django.conf import settings

from accounts.models import Member
from tests.config.portal_pages import keys_of
from tests.fuzz.pages import walk
from tests.fuzz.stage import A, Stage
from tests.fuzz.watching import WatchedClient
from tests.plugins.visitor import session_of

_REQUESTS = 300
# Whose rows each may change; of nobody's a stranger may.
_ABOUT = {"owner A": A, "visitor": A, "stranger": "nobody", "support": "", "administrator": ""}


class Pages:
    """Parameters, fields and addresses of pages."""

    def __init__(self, stage: Stage) -> None:
        self._watch = stage.watch
        self._keys = keys_of(stage.portal)
        self._browsers = {who: WatchedClient(stage.watch) for who in _ABOUT}
        for who, browser in self._browsers.items():
            if who == "visitor":
                member = Member.objects.get(pk=self._keys["admin/accounts/member/"])
                browser.cookies[settings.SESSION_COOKIE_NAME] = session_of(member, browser)
            else:
                browser.cookies.update(stage.portal.browser(who).cookies)

    def send(self, random: Random) -> int:
        """Let one of them walk about, and return how many requests that were."""
        who = random.choice(list(_ABOUT))
        self._watch.about = _ABOUT[who]
        browser = self._browsers[who]
        cookies = dict(browser.cookies)
        sent = sum(1 for _answer in walk(browser, random, _REQUESTS, self._keys))
        browser.cookies.clear()
        browser.cookies.update(cookies)
        return sent
