"""The list of members says of each link what the member's own page and ovice's say."""

import pytest
from django.utils.timezone import now

from accounts.linking.status import link_states
from accounts.models import Link, Member, Role
from integrations.models import Installation, InstallationState, Organization
from tests.factories import make_link, make_member

MEMBERS = "/admin/accounts/member/"


@pytest.fixture
def hanako(portal) -> Member:
    """A linked member of A."""
    return make_link(portal.installation_a, make_member(portal.a, "hanako")).member


def listed(portal, language: str = "en") -> str:
    page = portal.browser("owner A").get(MEMBERS, headers={"accept-language": language})
    (cell,) = page.content.decode().split('class="field-link_state">')[1:]
    return cell.split("<")[0]


def told(portal) -> tuple[str, str]:
    """Return the word and the reason that ovice is told."""
    organization = Organization.objects.get(pk=portal.a.pk)
    state = link_states(organization, ["hanako"])["hanako"]
    return state.status.value, state.reason


def end(reason: str):
    return lambda: Link.objects.update(removed_at=now(), removed_reason=reason)


CHANGES = [
    (lambda: None, "Linked", ("linked", "")),
    (end("user"), "Not linked", ("unlinked", "")),
    (
        end("email_changed"),
        "Needs attention (address changed)",
        ("needs_relink", "email_changed"),
    ),
    (
        end("workplace_account_gone"),
        "Needs attention (account gone)",
        ("needs_relink", "workplace_account_gone"),
    ),
    (
        lambda: Link.objects.update(attention_at=now(), attention_reason="recipient_refused"),
        "Needs attention (messages refused)",
        ("needs_relink", "recipient_refused"),
    ),
    (
        lambda: Organization.objects.update(paused_at=now()),
        "Linked, paused",
        ("paused", "org_paused"),
    ),
    (
        lambda: Installation.objects.update(state=InstallationState.ATTENTION),
        "Linked, paused (the connection needs an owner)",
        ("paused", "org_attention"),
    ),
    (lambda: Member.objects.update(role=Role.VISITOR), "Not available", ("unavailable", "")),
    (
        lambda: Organization.objects.update(feature_enabled=False),
        "Not available",
        ("unavailable", ""),
    ),
]


@pytest.mark.parametrize(("change", "shown", "word"), CHANGES)
def test_the_list_shows_what_ovice_is_told(portal, hanako, change, shown, word):
    change()
    assert (listed(portal), told(portal)) == (shown, word)


def test_the_active_link_counts_not_an_earlier_one(portal, hanako):
    Link.objects.update(removed_at=now(), removed_reason="email_changed")
    make_link(portal.installation_a, hanako)
    assert listed(portal) == "Linked"


def test_a_link_of_a_connection_that_ended_is_not_shown(portal, hanako):
    Installation.objects.filter(pk=portal.installation_a.pk).update(state=InstallationState.REMOVED)
    assert (listed(portal), told(portal)[0]) == ("Not available", "unavailable")


def test_the_words_are_japanese_to_who_reads_that(portal, hanako):
    end("email_changed")()
    assert listed(portal, "ja") == "確認が必要です (メールアドレスの変更)"


def test_an_export_says_the_same(portal, hanako):
    data = {"action": "export", "_selected_action": [hanako.pk], "index": "0"}
    told_here = portal.browser("owner A").post(MEMBERS, data).content.decode()
    assert told_here.splitlines()[1].split(",")[3] == "Linked"


@pytest.mark.parametrize(
    ("linked", "shown"),
    [("yes", ["hanako"]), ("no", ["jiro"]), ("nonsense", ["gone", "hanako", "jiro"])],
)
def test_an_owner_finds_those_who_are_not_linked_yet(portal, hanako, linked, shown):
    make_member(portal.a, "jiro")
    make_member(portal.a, "gone", removed_at=now())
    make_member(portal.b, "theirs")
    page = portal.browser("owner A").get(MEMBERS, {"linked": linked})
    assert [member.ovice_id for member in page.context["cl"].queryset] == shown


def test_the_filters_speak_of_people_not_of_columns(portal, hanako):
    page = portal.browser("owner A").get(MEMBERS).content.decode()
    assert all(word in page for word in ("By removal", "Still there", "Gone"))
    assert "Not empty" not in page
