"""Scope of every page of the portal: own rows, and no others."""

import csv
import io

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.admin_base.scoped import ScopedAdmin
from accounts.models import Ownership
from tests.config.portal_pages import rows_of_a
from tests.factories import make_delivery, make_link, make_member

TIMES_AND_NUMBERS = (
    *(
        "9999",
        "10000",
        "0",
        "1",
        "-1",
        "0000",
        "x",
        "",
        "²",
        "１２",
        "1.5",
        "1e9",
        "13",
        "32",
        "2026",
    ),
    *("99999999999999999999", "-99999999999999999999", "9" * 5000, "2147483648", "None", "\u2028"),
)


def listed(browser, model: str, **query):
    answer = browser.get(reverse(f"admin:{model}_changelist"), query)
    return list(answer.context["cl"].result_list)


def test_an_owner_lists_counts_and_searches_own_rows_only(portal):
    mine = make_member(portal.a, "user-mine")
    other = make_member(portal.b, "user-other")
    browser = portal.browser("owner A")
    assert listed(browser, "accounts_member") == [mine]
    assert listed(browser, "accounts_member", q=other.ovice_id) == []
    assert "1 member" in browser.get(reverse("admin:accounts_member_changelist")).content.decode()


def test_support_lists_rows_of_all_organizations(portal):
    rows = {make_member(portal.a), make_member(portal.b)}
    assert set(listed(portal.browser("support"), "accounts_member")) == rows


def test_another_owners_row_looks_like_one_that_does_not_exist(portal):
    other = make_member(portal.b)
    pages = [other.pk, "01900000-0000-7000-8000-000000000000"]
    browser = portal.browser("owner A")
    answers = [browser.get(reverse("admin:accounts_member_change", args=[pk])) for pk in pages]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert {answer["Location"] for answer in answers} == {reverse("admin:index")}


def test_a_column_that_is_no_filter_cannot_be_guessed(portal):
    answer = portal.browser("support").get(
        reverse("admin:integrations_installation_changelist"), {"access_token_sealed__gt": "0"}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("lookup", "status"),
    [
        ("state__exact", 200),
        ("connected_at__year", 200),
        ("state__startswith", 400),
        ("state__regex", 400),
        ("connected_at__lt", 400),
        ("organization__name__exact", 400),
    ],
)
def test_a_list_is_asked_only_what_its_filters_ask(portal, lookup, status):
    pages = reverse("admin:integrations_installation_changelist")
    value = "2026" if "year" in lookup else "active"
    assert portal.browser("owner A").get(pages, {lookup: value}).status_code == status


STEPS = ("__year", "__month", "__day")


def lists(portal) -> list[str]:
    """Return the addresses of all lists, each with a row."""
    rows_of_a(portal)
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    ]


@pytest.mark.parametrize("value", TIMES_AND_NUMBERS)
def test_no_step_of_a_date_breaks_a_list(portal, value):
    make_link(portal.installation_a)
    browser, page = portal.browser("owner A"), reverse("admin:accounts_link_changelist")
    steps = [{f"linked_at{step}": value} for step in STEPS]
    whole = {f"linked_at{step}": value for step in STEPS}
    of_a_year = {**whole, "linked_at__year": "2026"}
    for query in (*steps, whole, of_a_year, {**whole, "e": "1"}):
        answer = browser.get(page, query)
        assert answer.status_code in (200, 302), query


def test_a_filter_that_means_nothing_shows_the_whole_list_and_says_so(portal):
    link = make_link(portal.installation_a)
    page = reverse("admin:accounts_link_changelist")
    answer = portal.browser("owner A").get(page, {"linked_at__year": "9999"}, follow=True)
    assert list(answer.context["cl"].result_list) == [link]
    assert "This address asked for what no filter offers" in answer.content.decode()


def test_a_list_without_parameters_does_not_hide_a_fault(portal, monkeypatch):
    def breaks(*_args):
        raise ValueError("ours")

    monkeypatch.setattr(ScopedAdmin, "get_queryset", breaks)
    with pytest.raises(ValueError, match="ours"):
        portal.browser("owner A").get(reverse("admin:accounts_link_changelist"))


@pytest.mark.parametrize("chosen", ["0", "x", "", "99999999999999999999", "²", "a" * 5000])
def test_an_action_on_what_is_no_row_does_nothing_in_any_list(portal, chosen):
    browser = portal.browser("administrator")
    for page in lists(portal):
        data = {"action": "export", "_selected_action": chosen}
        answer = browser.post(page, data)
        rows = b"".join(answer).splitlines()[1:]
        assert (answer.status_code, rows) in ((302, []), (200, [])), page


@pytest.mark.parametrize("name", ["", "x", "\u202e", "organization__name", "pk"])
def test_no_column_given_as_the_key_breaks_a_page(portal, name):
    for table, row in rows_of_a(portal).items():
        for page in ("change", "delete"):
            address = f"/admin/{table}/{row.pk}/{page}/"
            answer = portal.browser("administrator").get(address, {"_to_field": name})
            assert answer.status_code in (200, 302, 400, 403), address


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("＠SUM(A1)", "'＠SUM(A1)"),
        ("﹣1", "'﹣1"),
        (" =1", "' =1"),
        ("\n=1", "'\n'=1"),
        ("\t=1", "'\t'=1"),
        ("Acme\u2028=1", "Acme\u2028'=1"),
        ("Acme\x85=1", "Acme\x85'=1"),
        ("\u3164\u200b=1", "'\u3164\u200b=1"),
        # Where a spreadsheet takes semicolons for the ends of cells.
        ("Acme;=1+1;", "Acme;'=1+1;"),
        ("Acme;＝1", "Acme;'＝1"),
        ("Acme|@SUM(A1)", "Acme|'@SUM(A1)"),
        ("Acme, Inc. - Tokyo", "Acme, Inc. - Tokyo"),
    ],
)
def test_an_export_holds_no_formula(portal, name, shown):
    portal.a.name = name
    portal.a.save()
    answer = portal.browser("owner A").post(
        reverse("admin:integrations_organization_changelist"),
        {"action": "export", "_selected_action": [portal.a.pk], "index": 0},
    )
    rows = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
    assert rows[1][0] == shown


def test_nobody_deletes_anything_by_hand(portal, rf: RequestFactory):
    request = rf.get("/")
    for client in ("owner A", "support", "administrator"):
        request.user = portal.browser(client).get("/admin/").context["user"]
        pages = [page for _, page in sorted(admin.site._registry.items(), key=str)]
        assert not any(page.has_delete_permission(request) for page in pages)


def test_only_scoped_pages_are_registered():
    assert all(isinstance(page, ScopedAdmin) for page in admin.site._registry.values())


def test_an_export_holds_the_chosen_rows_of_the_owner_alone(portal):
    mine = make_member(portal.a, "=HYPERLINK()")
    other = make_member(portal.b)
    answer = portal.browser("owner A").post(
        reverse("admin:accounts_member_changelist"),
        {"action": "export", "_selected_action": [mine.pk, other.pk], "index": 0},
    )
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("ovice id,e-mail,role,")
    assert [line.split(",")[:2] for line in lines[1:]] == [["'=HYPERLINK()", "'=•••@example.com"]]


def test_an_owner_may_not_choose_rows_of_another_organization(portal, rf):
    page = admin.site._registry[Ownership]
    request = rf.get("/")
    request.user = portal.browser("owner A").get("/admin/").context["user"]
    field = page.formfield_for_foreignkey(Ownership._meta.get_field("organization"), request)
    assert field is not None
    assert list(field.queryset or []) == [portal.a]


def costs(browser) -> dict[str, int]:
    """Return how many queries each list takes, once what is asked only once is known."""
    found = {}
    for model in admin.site._registry:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        browser.get(page)
        with CaptureQueriesContext(connection) as queries:
            browser.get(page)
        found[page] = len(queries)
    return found


@pytest.mark.parametrize("who", ["owner A", "support"])
def test_every_list_costs_the_same_queries_however_long(portal, who):
    make_delivery(make_link(portal.installation_a))
    short = costs(portal.browser(who))
    for _ in range(3):
        make_delivery(make_link(portal.installation_a))
    assert costs(portal.browser(who)) == short
