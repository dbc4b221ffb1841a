"""Walker in front of a browser: in a language, at a screen, with a mouse or with keys only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from django.utils import translation
from playwright.sync_api import BrowserContext, Locator, Page, expect

from sandbox.ovice.words import WORDS, Words
from tests.browser.accessibility import violations

Role = Literal["button", "link"]
PATIENCE_MS = 20_000
MOST_STOPS = 80


@dataclass(frozen=True)
class Look:
    """How somebody works: their language, their screen, and what they do without."""

    language: str = "en"
    phone: bool = False
    dark: bool = False
    scripts: bool = True
    keyboard: bool = False

    @property
    def locale(self) -> str:
        """Return the language as ovice and Workplace write it in an account."""
        return {"en": "en_US", "ja": "ja_JP"}[self.language]


LOOKS = {
    "desk": Look(),
    "Japanese, phone, dark, keys only": Look("ja", phone=True, dark=True, keyboard=True),
    "without scripts": Look(scripts=False),
}


@dataclass
class Walker:
    """One person in one window; what they press and read is named in English and translated."""

    window: BrowserContext
    look: Look
    page: Page
    wrong: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go to an address."""
        self.page.goto(address)

    def words(self, text: str) -> str:
        """Return a text of ours in this person's language."""
        with translation.override(self.look.language):
            return translation.gettext(text)

    def ovice(self, key: str) -> str:
        """Return a text of the pretend ovice in this person's language."""
        assert key in WORDS
        return Words(self.look.language)(key)

    def press(self, text: str, *, role: Role = "button", within: Locator | None = None) -> None:
        """Press what is named so, by mouse or by keys."""
        self.press_on(self.offered(text, role=role, within=within))

    def press_on(self, what: Locator) -> None:
        """Press something that is there, by mouse or by keys."""
        if self.look.keyboard:
            self._reach(what)
            self.page.keyboard.press("Enter")
        else:
            what.click()

    def tick(self, box: Locator) -> None:
        """Tick a box, by mouse or by keys."""
        if self.look.keyboard:
            self._reach(box)
            self.page.keyboard.press("Space")
        else:
            box.click()
        assert box.is_checked()

    def offered(
        self, text: str, *, role: Role = "button", within: Locator | None = None
    ) -> Locator:
        """Wait until something of that name can be pressed, and return it."""
        place = within or self.page
        # A mark that a style sheet puts before it, such as a tick, belongs to the name as well.
        name = re.compile(rf"^\W*{re.escape(text)}$")
        what = place.get_by_role(role, name=name).first
        what.wait_for()
        return what

    def _reach(self, what: Locator) -> None:
        """Press Tab until the focus is there, as somebody without a mouse has to."""
        for _stop in range(MOST_STOPS):
            if what.evaluate("element => element === document.activeElement"):
                ring = what.evaluate("e => getComputedStyle(e).outlineStyle")
                assert ring != "none", "the focus cannot be seen"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{what} cannot be reached by Tab")

    def fill(self, label: str, value: str) -> None:
        """Write into a field."""
        self.page.get_by_label(label).fill(value)

    def sees(self, text: str) -> None:
        """Wait until the page shows a text."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE_MS)

    def sees_soon(self, text: str, *, again: str = "") -> None:
        """Look again and again, as somebody does who waits for a change behind the page."""
        end = PATIENCE_MS // 500
        for _try in range(end):
            if self.page.get_by_text(text).first.is_visible():
                return
            self.page.wait_for_timeout(500)
            self.page.goto(again or self.page.url)
        raise AssertionError(f"waited in vain for {text!r}")

    def shows_none_of(self, texts: Iterable[str]) -> None:
        """Look that none of the texts stands on the page, not even where nobody sees it."""
        source = self.page.content()
        found = [text for text in texts if text in source]
        assert not found, found

    def looks_again(self) -> None:
        """Reload where nothing comes by itself: without scripts."""
        if not self.look.scripts:
            self.page.goto(self.page.url)

    def launches(self, button: str) -> None:
        """Press a button of ovice that opens the service in a new tab, and go on there."""
        with self.window.expect_page() as opened:
            self.press(self.ovice(button))
        self.page.close()
        self.page = opened.value
        if not self.look.scripts:
            self.press(self.ovice("continue"))
        self.page.wait_for_url(lambda url: "/launch" not in url)

    def finds_nothing_wrong(self) -> None:
        """Have axe look at the page; it needs scripts."""
        if self.look.scripts:
            found = violations(self.page)
            assert not found, found
