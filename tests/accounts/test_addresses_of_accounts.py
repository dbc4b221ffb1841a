"""No other node of the Graph API is ever asked for, whatever stands in a member's address."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.linking.link import LinkRefused, link
from accounts.models import Link
from core.addresses import normalize_email, spellings
from tests.factories import make_member

pytestmark = pytest.mark.django_db

HOSTILE = [
    "me?fields=id,name@example.com",
    "../me@example.com",
    "me/messages@example.com",
    "x@example.com/../../me",
    "x@example.com#@example.com",
    "%2e%2e%2fme@example.com",
    "community",
    "me",
    "x@exa mple.com",
    "x\n@example.com",
    "@example.com",
    "x@",
    "a" * 309 + "@example.com",
    "x" * 5_000 + "@example.com",
]
POLITE = [
    "hanako+ovice@example.com",
    "h.a.n.a.k.o@example.com",
    "HANAKO@EXAMPLE.COM",
    "ｈａｎａｋｏ@example.com",
    "hanako@例え.テスト",
    "hanako@xn--r8jz45g.xn--zckzah",
    "straße@example.com",
    "a" * 308 + "@example.com",
]


def asked_for(office, email: str) -> list[str]:
    """Let somebody with this address press Link; return the paths that were asked for."""
    last = office.sandbox.calls()[-1]["number"]
    member = make_member(office.organization, email=email)
    with pytest.raises(LinkRefused):
        link(member, office.installation)
    assert not Link.objects.exists()
    return [call["path"] for call in office.sandbox.calls(last)]


@pytest.mark.parametrize("email", HOSTILE)
def test_a_crafted_address_asks_for_nothing_or_for_itself(office, email):
    assert asked_for(office, email) in ([], spellings(email))


@pytest.mark.parametrize("email", POLITE)
def test_an_unusual_address_is_looked_up_as_it_is_and_nothing_is_folded(office, email):
    office.sandbox.member(office.community, "Hanako", "hanako@example.com")
    if normalize_email(email) == "hanako@example.com":
        assert link(make_member(office.organization, email=email), office.installation)
    else:
        assert asked_for(office, email) == spellings(email)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(email="a@b?access_token=x").via("a query")
@given(email=st.text(max_size=40) | st.text("me/?#%.@:&=\\ ", max_size=20) | st.emails())
def test_no_address_reaches_another_node(office, email):
    assert set(asked_for(office, email)) <= {*spellings(email)}
