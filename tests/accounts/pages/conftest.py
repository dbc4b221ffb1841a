"""A member of an office whose address Workplace knows, and what their page says."""

import html
import re

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Member
from tests.factories import make_member


@pytest.fixture(autouse=True)
def _nobody_has_looked_yet():
    cache.clear()


@pytest.fixture
def hanako(office) -> Member:
    """A member of the office who is not linked."""
    office.accounts["Hanako"] = office.sandbox.member(
        office.community, "Hanako Sato", "hanako@example.com"
    )
    return make_member(office.organization, email="hanako@example.com")


def text_of(answer) -> str:
    """Return what a page says, without its markup."""
    main = answer.content.decode().split("<main")[1].split("</main>")[0]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def fields(answer) -> dict[str, str]:
    """Return the hidden fields of the forms of a page."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.content.decode())
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def press_link(client: Client):
    """Open the page and press its button, as a person does."""
    return client.post("/link/", fields(client.get("/link/")))
