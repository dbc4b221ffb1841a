"""Every address and action of the portal, walked by everybody; an unknown one fails the test.

A new page needs a line here that says who may open it.
"""

import pytest
from auditlog.models import LogEntry
from django.contrib import admin

from integrations.models import Installation, InstallationState, Organization
from tests.config.portal_pages import address, portal_routes, rows_of_a
from tests.plugins.portal import VISITORS

SIGN_IN, HOME, LED_ON = "to sign-in", "to the home page", "led on"
OWNERS, STAFF = ("owner A", "owner B"), ("support", "administrator")

Row = tuple[object, ...]
# In the order of VISITORS, for rows of organization A: owner A, owner B, support, administrator.
NOBODY = (403, 403, 403, 403)
OWN = (200, HOME, 200, 200)
LISTS = (200, 200, 200, 200)
OWN_PAGES = (200, 404, 200, 200)
OWNER_ONLY = (200, 404, 403, 403)
OWN_ACTS = (LED_ON, 404, LED_ON, LED_ON)
OWNER_ACTS = (LED_ON, 404, 403, 403)
STAFF_LISTS, STAFF_ROWS = (403, 403, 200, 200), (HOME, HOME, 200, 200)
ADMINISTRATOR_LISTS, ADMINISTRATOR_ROWS = (403, 403, 403, 200), (HOME, HOME, HOME, 200)
EVERYBODY_LED_ON = (LED_ON, LED_ON, LED_ON, LED_ON)

# By table: who sees the list, who a row of A, and who may add one. No role deletes.
TABLES: dict[str, tuple[Row, Row, Row]] = {
    "accounts/directorysync": (LISTS, OWN, NOBODY),
    "accounts/link": (LISTS, OWN, NOBODY),
    "accounts/member": (LISTS, OWN, NOBODY),
    "accounts/ownership": (STAFF_LISTS, STAFF_ROWS, NOBODY),
    "accounts/user": (ADMINISTRATOR_LISTS, ADMINISTRATOR_ROWS, ADMINISTRATOR_LISTS),
    "auditlog/logentry": (LISTS, OWN, NOBODY),
    "integrations/callback": (STAFF_LISTS, STAFF_ROWS, NOBODY),
    "integrations/installation": (LISTS, OWN, NOBODY),
    "integrations/organization": (LISTS, OWN, NOBODY),
    "integrations/removal": (LISTS, OWN, NOBODY),
    "integrations/space": (LISTS, OWN, NOBODY),
    "messaging/attempt": (LISTS, OWN, NOBODY),
    "messaging/delivery": (LISTS, OWN, NOBODY),
    "messaging/message": (LISTS, OWN, NOBODY),
    "messaging/outage": (STAFF_LISTS, STAFF_ROWS, NOBODY),
    "messaging/receivedevent": (STAFF_LISTS, STAFF_ROWS, NOBODY),
}
GETS: dict[str, Row] = {
    "": LISTS,
    "<url>": (404, 404, 404, 404),
    "<app_label>/": LISTS,
    "autocomplete/": NOBODY,
    "jsi18n/": LISTS,
    "setup/": (LED_ON, LED_ON, HOME, HOME),
    "replay/": LISTS,
    "search/": LISTS,
    "search/message/<uuid:pk>/": OWN_PAGES,
    "search/member/<uuid:pk>/": OWN_PAGES,
    "search/removal/<uuid:pk>/": OWN_PAGES,
    "integrations/organization/<uuid:pk>/stored/": OWN_PAGES,
    "integrations/organization/<uuid:pk>/setup/": (LED_ON, 404, LED_ON, LED_ON),
    "integrations/organization/<uuid:pk>/setup/<slug:target>/": OWN_PAGES,
    "integrations/organization/<uuid:pk>/setup/<slug:target>/disconnect/": OWNER_ONLY,
}
POSTS: dict[str, Row] = {
    "replay/": LISTS,
    "search/": LISTS,
    "integrations/organization/<uuid:pk>/pause/": OWNER_ACTS,
    "integrations/organization/<uuid:pk>/resume/": OWNER_ACTS,
    "integrations/organization/<uuid:pk>/setup/<slug:target>/": OWNER_ONLY,
    "integrations/organization/<uuid:pk>/setup/<slug:target>/check/": OWN_ACTS,
    "integrations/organization/<uuid:pk>/setup/<slug:target>/test/": OWNER_ACTS,
    "integrations/organization/<uuid:pk>/setup/<slug:target>/disconnect/": OWNER_ACTS,
    # Staff's, and here there is no app.
    "integrations/organization/<uuid:pk>/setup/<slug:target>/subscribe/": (403, 404, 404, 404),
}
# Sign-in and sign-out are everybody's.
OPEN = {"login/", "logout/"}
# Beside the export of what a list shows, which everybody has who sees the list.
EVERY_ROLE = {"owner A", "owner B", "support", "administrator"}
ACTIONS: dict[str, dict[str, set[str]]] = {
    "accounts/directorysync": {"apply_all_the_same": {"owner A", "owner B"}},
    "accounts/member": {"invite": {"owner A", "owner B"}, "erase": {"support"}},
    "accounts/link": {"check_again": EVERY_ROLE},
    "integrations/installation": {
        "check_now": EVERY_ROLE,
        "pause_delivery": EVERY_ROLE,
        "resume_delivery": EVERY_ROLE,
    },
    "integrations/callback": {"tell_again": {"support", "administrator"}},
    "integrations/removal": {"purge_at_once": EVERY_ROLE - {"administrator"}},
    "messaging/delivery": {"send_again": EVERY_ROLE, "cancel_waiting": EVERY_ROLE},
}
EXPORT = {"export"}


def table_pages() -> dict[str, Row]:
    """Return what Django makes for each table, with who may open it."""
    pages: dict[str, Row] = {}
    for table, (lists, rows, adds) in TABLES.items():
        pages |= {
            f"{table}/": lists,
            f"{table}/add/": adds,
            f"{table}/<path:object_id>/history/": rows,
            f"{table}/<path:object_id>/delete/": NOBODY,
            f"{table}/<path:object_id>/change/": tuple(
                403 if sees == 403 else row for sees, row in zip(lists, rows, strict=True)
            ),
            # Django's old form of the address, which leads to the one above.
            f"{table}/<path:object_id>/": EVERYBODY_LED_ON,
        }
    return pages


def outcome(answer) -> object:
    """Return the status, or where the answer leads."""
    if answer.status_code not in (301, 302):
        return answer.status_code
    if answer["Location"].startswith("/admin/login/"):
        return SIGN_IN
    return HOME if answer["Location"] == "/admin/" else LED_ON


def expected(table: dict[str, Row], who: str) -> dict[str, object]:
    """Return what ``who`` meets; whoever has no role is sent to sign in."""
    place = VISITORS.index(who)
    return {route: row[place] if place < len(row) else SIGN_IN for route, row in table.items()}


def test_the_matrix_knows_every_address():
    known = {*GETS, *POSTS, *table_pages(), *OPEN}
    assert portal_routes() == known


@pytest.mark.parametrize("who", VISITORS)
def test_everybody_opens_what_they_may_and_nothing_else(portal, who):
    rows = rows_of_a(portal)
    pages = {**table_pages(), **GETS}
    browser = portal.browser(who)
    found = {route: outcome(browser.get(address(route, portal, rows))) for route in pages}
    assert found == expected(pages, who)


@pytest.mark.parametrize("who", VISITORS)
def test_everybody_does_what_they_may_and_nothing_else(portal, who):
    browser = portal.browser(who)
    done = {route: outcome(browser.post(address(route, portal, {}))) for route in POSTS}
    assert done == expected(POSTS, who)
    installation = Installation.objects.get(organization=portal.a)
    assert (installation.state == InstallationState.REMOVED) == (who == "owner A")


@pytest.mark.parametrize("who", VISITORS)
def test_nobody_but_the_owner_changes_an_organization(portal, who):
    choices = {"expire_hours": 5, "copy_shows": "notice", "unconfirmed_policy": "rather_never"}
    portal.browser(who).post(
        f"/admin/integrations/organization/{portal.a.pk}/change/", {**choices, "language": "ja"}
    )
    changed = Organization.objects.get(pk=portal.a.pk).copy_shows == "notice"
    assert changed == (who == "owner A")


@pytest.mark.parametrize("who", [*OWNERS, *STAFF])
def test_everybody_is_offered_the_actions_of_their_role(portal, who, rf):
    request = rf.get("/")
    request.user = portal.browser(who).get("/admin/").context["user"]
    for model, page in admin.site._registry.items():
        table = f"{model._meta.app_label}/{model._meta.model_name}"
        own = {action for action, may in ACTIONS.get(table, {}).items() if who in may}
        sees = page.has_module_permission(request)
        assert set(page.get_actions(request)) == (own | EXPORT if sees else set()), table


def values_of(row):
    return type(row)._default_manager.filter(pk=row.pk).values().get()


@pytest.mark.parametrize(
    ("table", "action"), [(table, action) for table, own in ACTIONS.items() for action in own]
)
def test_every_action_asks_first_and_does_nothing_before(portal, table, action):
    row = rows_of_a(portal)[table]
    who = next(who for who in ("owner A", "support") if who in ACTIONS[table][action])
    before = values_of(row)
    data = {"action": action, "_selected_action": str(row.pk)}
    page = portal.browser(who).post(f"/admin/{table}/", data)
    assert page.status_code == 200
    assert f'name="action" value="{action}"' in page.content.decode()
    noted = LogEntry.objects.get_for_object(row).filter(action=LogEntry.Action.UPDATE)
    assert not any("done" in entry.changes for entry in noted)
    assert values_of(row) == before
