"""No member is found under an address that only looks like theirs, in any comparison."""

import unicodedata

import pytest
from django.core import mail

from accounts.linking.link import LinkRefused, link
from accounts.models import Ground, User
from accounts.owners.ownership import (
    NotAnOwner,
    grant_by_address,
    grant_ownership,
    ownerships_of,
)
from accounts.signin.codes import ask_for_code, mail_code
from accounts.signin.login_options import entrances_of
from tests.factories import make_member, make_organization
from tests.messaging.support.conftest import ask
from tests.plugins.portal import make_owner, sign_in

pytestmark = pytest.mark.django_db
MIKE = "mike.sato@example.com"
LOOKALIKES = [
    "mi\u212ae.sato@example.com",
    "mike.\u017fato@example.com",
    "m\u0131ke.sato@example.com",
    "M\u0130KE.SATO@example.com",
    "ｍｉｋｅ.sato@example.com",
    "mike．sato@example.com",
    "mike.sato@example。com",
    "mike.sato@ｅxample.com",
    "mike.sato@examp\u217ce.com",
    "mike.sato@xn--example-.com",
    "mike.sato\u00ad@example.com",
    "mike.sato@exam\u200bple.com",
]


@pytest.fixture(params=LOOKALIKES, ids=lambda email: unicodedata.normalize("NFKC", email))
def lookalike(request) -> str:
    return str(request.param)


@pytest.mark.parametrize("letter_case", [str.lower, str.upper, str.casefold])
def test_the_list_holds_what_some_folding_makes_one(letter_case):
    folded = {letter_case(unicodedata.normalize("NFKC", email)) for email in LOOKALIKES}
    assert letter_case(MIKE) in folded


def test_a_lookalike_gets_no_account(office, lookalike):
    office.sandbox.member(office.community, "Mike", MIKE)
    with pytest.raises(LinkRefused) as refused:
        link(make_member(office.organization, email=lookalike), office.installation)
    assert refused.value.code == "workplace_account_not_found"


def test_an_account_with_a_lookalike_address_is_not_taken(office, lookalike):
    office.sandbox.member(office.community, "Somebody", lookalike)
    with pytest.raises(LinkRefused):
        link(make_member(office.organization, email=MIKE), office.installation)


def test_a_lookalike_becomes_no_owners_user(lookalike):
    mike = make_owner(make_organization(), MIKE)
    stranger = make_member(make_organization(), email=lookalike, role="owner")
    with pytest.raises(NotAnOwner) as refused:
        grant_ownership(stranger, Ground.OWNER)
    assert refused.value.code == "address_unusable"
    assert User.objects.get() == mike
    assert mike.ownerships.count() == 1


def test_proving_an_address_opens_nothing_of_a_lookalikes(lookalike):
    mike = make_owner(make_organization(), MIKE)
    make_member(make_organization(), email=lookalike, role="owner")
    grant_by_address(MIKE)
    assert [entrance.user for entrance in entrances_of(MIKE)] == [mike]
    assert mike.ownerships.count() == 1


def test_a_lookalike_is_mailed_no_code_and_opens_nothing_of_the_other(lookalike):
    make_owner(make_organization(), MIKE)
    make_member(make_organization(), email=MIKE)
    assert entrances_of(lookalike) == []
    assert not mail_code(ask_for_code(lookalike, language="en"))
    make_member(make_organization(), email=lookalike)
    assert not mail_code(ask_for_code(lookalike, language="en"))
    assert mail.outbox == []


def test_an_ownership_known_by_the_address_is_not_a_lookalikes(lookalike):
    organization = make_organization()
    mike = make_owner(organization, MIKE)
    stranger = make_member(organization, email=lookalike)
    assert not mike.ownerships.filter(ownerships_of([stranger])).exists()


def test_support_finds_each_under_their_own_address(lookalike):
    organization = make_organization()
    make_member(organization, "user-mike", email=MIKE)
    make_member(organization, "user-stranger", email=lookalike)
    browser = sign_in(User.objects.create_user("sue@operator.example", is_staff=True))
    assert "user-stranger" not in ask(browser, MIKE)
    assert "user-mike" not in ask(browser, lookalike)


def test_a_lookalike_is_not_staff(lookalike):
    User.objects.create_superuser(MIKE)
    assert not User.objects.filter(email=User.normalize_username(lookalike)).exists()
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(lookalike)


@pytest.mark.parametrize("domain", ["Bücher.example", "bu\u0308cher.example"])
def test_both_forms_of_a_domain_are_one_address(office, domain):
    ascii_form = "hanako@xn--bcher-kva.example"
    office.sandbox.member(office.community, "Hanako", "hanako@bücher.example")
    office.sandbox.member(office.community, "Taro", "taro@xn--bcher-kva.example")
    made = link(make_member(office.organization, email=ascii_form), office.installation)
    assert made.account_name == "Hanako"
    made = link(make_member(office.organization, email=f"Taro@{domain}"), office.installation)
    assert made.account_name == "Taro"
    assert [entrance.member for entrance in entrances_of(f"taro@{domain}")] == [made.member]


def test_a_code_goes_to_the_ascii_form_of_a_domain():
    """Python's own encoder would mail it to strasse.example, which is somebody else's."""
    make_member(make_organization(), email="hanako@straße.example")
    assert mail_code(ask_for_code("hanako@straße.example", language="en"))
    assert mail.outbox[0].to == ["hanako@xn--strae-oqa.example"]
