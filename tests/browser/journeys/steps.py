"""Steps that several journeys share."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests.browser.journeys.town import Company, Town
from tests.browser.journeys.walker import Walker

_STEP_SECONDS = 30
_TYPING_SECONDS = 4


def to_link_page(walker: Walker, company: Company, name: str, button: str = "link") -> None:
    """Go from ovice's personal settings to the linking page."""
    walker.open(company.page("integrations", name, walker.look.language))
    walker.launches(button)


def link(walker: Walker, company: Company, name: str) -> None:
    """Link somebody by one press."""
    to_link_page(walker, company, name)
    walker.press(walker.words("Link"))
    walker.sees(walker.words("You are linked."))


def to_portal(walker: Walker, company: Company) -> None:
    """Go from ovice's organization settings to the page of the connection, as the owner."""
    walker.open(company.page("settings", "Olga", walker.look.language))
    walker.launches("set_up")


def sign_in(walker: Walker, town: Town, address: str) -> None:
    """Have a code mailed on the page of sign-in, and type it."""
    walker.page.get_by_role("textbox").first.fill(address)
    walker.press(walker.words("Mail me a code"))
    walker.fill(walker.words("Code"), town.mailed_code(address))
    walker.press(walker.words("Sign in"), within=walker.page.get_by_role("main"))


def show_second_factor(walker: Walker, secret: str) -> None:
    """Type what an authenticator app shows."""
    walker.sees(walker.words("Second factor"))
    # One that is about to change would be refused by the time it is typed.
    left = _STEP_SECONDS - time.time() % _STEP_SECONDS
    if left < _TYPING_SECONDS:
        time.sleep(left)
    shown = format_hotp_value(hotp_value(secret, int(time.time()) // _STEP_SECONDS))
    walker.page.get_by_role("textbox").first.fill(str(shown))
    walker.press(walker.words("Continue"))
