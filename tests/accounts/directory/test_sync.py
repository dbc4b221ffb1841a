"""Whole directories read from the pretend ovice, and what they do to ours."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from accounts.directory import schedule
from accounts.directory import sync as directory_sync
from accounts.directory.events import update_member
from accounts.directory.sync import TooManyLeave, apply_directory
from accounts.models import DirectorySync, Link, Member, Role
from accounts.signals import directory_stopped
from integrations.models import Organization, Space
from integrations.ovice import directory as ovice_directory
from integrations.ovice.directory import Directory
from integrations.ovice.schemas import OrganizationUpdate
from tests.factories import make_installation, make_link, make_member, make_organization
from tests.messaging.telling import tell

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)


@pytest.fixture
def works(ovice, settings, monkeypatch) -> Organization:
    """Return an organization of three people and one space that ovice knows and we do not."""
    settings.OVICE_DIRECTORY_URL = f"{ovice.web_url}/ovice"
    settings.OVICE_DIRECTORY_KEY = ovice.settings()["connector_key"]
    monkeypatch.setattr(ovice_directory, "PAUSE_SECONDS", 0)
    ovice.organization(name="Example Works", id="4821", announce=False)
    ovice.space("4821", id="987", domain="tokyo-hq", announce=False)
    for name in ("Taro", "Hanako", "Ada"):
        ovice.person("4821", name, id=f"id-{name.lower()}", announce=False)
    return make_organization("4821", name="")


def sync(organization: Organization) -> directory_sync.Applied | None:
    return schedule.sync(organization)


def change(ovice, person: str, **values) -> None:
    path = f"organizations/4821/people/id-{person}"
    ovice.control("PATCH", path, {"announce": False, **values})


def leave(ovice, person: str) -> None:
    ovice.control("DELETE", f"organizations/4821/people/id-{person}", {"announce": False})


def people() -> dict[str, str | None]:
    return {m.ovice_id: m.email for m in Member.objects.filter(removed_at=None)}


def test_a_first_pass_brings_people_spaces_and_names(works):
    applied = sync(works)
    assert applied == directory_sync.Applied(3, added=3, changed=0, removed=0, unreadable=0)
    assert people() == {
        "id-taro": "taro@example.com",
        "id-hanako": "hanako@example.com",
        "id-ada": "ada@example.com",
    }
    works.refresh_from_db()
    assert (works.name, Space.objects.get().domain) == ("Example Works", "tokyo-hq")
    assert Link.objects.count() == 0


def test_a_pass_without_news_changes_nobody(works):
    sync(works)
    before = list(Member.objects.order_by("pk").values())
    assert sync(works) == directory_sync.Applied(3, 0, 0, 0, 0)
    assert list(Member.objects.order_by("pk").values()) == before


def test_a_person_who_changed_and_one_who_left_are_noticed(works, ovice, time_machine):
    sync(works)
    change(ovice, "hanako", name="Hanako Sato")
    leave(ovice, "ada")
    time_machine.move_to(now() + ONE_DAY)
    assert sync(works) == directory_sync.Applied(2, added=0, changed=1, removed=1, unreadable=0)
    assert Member.objects.get(ovice_id="id-hanako").name == "Hanako Sato"
    gone = Member.objects.get(ovice_id="id-ada")
    assert (gone.email, gone.name, gone.removed_at is None) == (None, None, False)


def test_another_address_ends_the_link(works, ovice, time_machine):
    sync(works)
    link = make_link(make_installation(works), Member.objects.get(ovice_id="id-hanako"))
    change(ovice, "hanako", email="other@example.com")
    time_machine.move_to(now() + ONE_DAY)
    sync(works)
    link.refresh_from_db()
    assert link.removed_reason == "email_changed"


def test_a_person_who_left_loses_the_link_and_coming_back_brings_none(works, ovice, time_machine):
    sync(works)
    link = make_link(make_installation(works), Member.objects.get(ovice_id="id-hanako"))
    leave(ovice, "hanako")
    time_machine.move_to(now() + ONE_DAY)
    sync(works)
    ovice.person("4821", "Hanako", id="id-hanako", announce=False)
    time_machine.move_to(now() + ONE_DAY)
    sync(works)
    link.refresh_from_db()
    assert link.removed_reason == "member_removed"
    assert "id-hanako" in people()
    assert Link.objects.active().count() == 0


def test_a_change_told_later_by_an_event_is_not_undone(works, ovice):
    tell("organization.member.added", "4821", member={"id": "id-new", "email": "new@example.com"})
    tell("organization.member.removed", "4821", member={"id": "id-taro"})
    email = {"id": "id-ada", "new": "later@example.com", "verified": True}
    tell("organization.member.email_changed", "4821", member=email)
    sync(works)
    assert people() == {
        "id-new": "new@example.com",
        "id-hanako": "hanako@example.com",
        "id-ada": "later@example.com",
    }


def test_an_event_that_is_older_than_the_directory_changes_nothing(works, time_machine):
    sync(works)
    long_ago = now() - timedelta(hours=2)
    tell("organization.member.added", "4821", long_ago, member={"id": "id-ghost"})
    tell("organization.member.removed", "4821", long_ago, member={"id": "id-taro"})
    tell("organization.member.updated", "4821", long_ago, member={"id": "id-ada", "name": "Old"})
    assert len(people()) == 3
    assert Member.objects.get(ovice_id="id-ada").name == "Ada"


def test_an_absence_in_between_still_ends_the_link(works):
    sync(works)
    link = make_link(
        make_installation(works),
        Member.objects.get(ovice_id="id-hanako"),
        linked_at=now() - timedelta(hours=3),
    )
    long_ago = now() - timedelta(hours=2)
    tell("organization.member.removed", "4821", long_ago, member={"id": "id-hanako"})
    link.refresh_from_db()
    assert link.removed_reason == "member_removed"
    assert "id-hanako" in people()


def directory_of(*ids: str) -> Directory:
    directory = Directory("1", OrganizationUpdate("4821"), [], set())
    directory.take([{"id": ovice_id, "email": f"{ovice_id}@example.com"} for ovice_id in ids])
    return directory


def test_visitors_who_are_gone_are_forgotten_and_stop_no_pass():
    organization = make_organization("4821")
    for number in range(20):
        make_member(organization, f"visitor-{number}", role=Role.VISITOR)

    applied = apply_directory(organization, directory_of("id-1"), at=now())

    assert (applied.removed, people()) == (20, {"id-1": "id-1@example.com"})


def test_a_pass_that_is_cut_off_keeps_what_it_had_done_and_is_begun_anew(monkeypatch):
    organization = make_organization("4821")
    directory = directory_of("id-1")
    directory.take([{"id": "id-2", "email": "id-2@example.com"}])
    pages = Directory.pages

    def cut_off(self):
        yield next(pages(self))
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Directory, "pages", cut_off)
        with pytest.raises(OSError, match="disk full"):
            apply_directory(organization, directory, at=now())
    assert list(people()) == ["id-1"]

    apply_directory(organization, directory, at=now())
    assert sorted(people()) == ["id-1", "id-2"]


@pytest.mark.parametrize(
    ("members", "leaving", "stops"),
    [
        (100, 20, False),
        (100, 21, True),
        (20, 5, False),
        (29, 6, True),
        (30, 6, False),
        (5, 5, False),
    ],
)
def test_more_than_a_fifth_and_more_than_five_stop_a_pass(members, leaving, stops):
    organization = make_organization("4821")
    ids = [f"id-{number}" for number in range(members)]
    apply_directory(organization, directory_of(*ids), at=now())
    rest = directory_of(*ids[leaving:])
    if stops:
        with pytest.raises(TooManyLeave):
            apply_directory(organization, rest, at=now())
        assert len(people()) == members
        apply_directory(organization, rest, at=now(), confirmed=leaving)
    else:
        apply_directory(organization, rest, at=now())
    assert len(people()) == members - leaving


def test_a_stopped_pass_is_told_once_and_goes_on_when_confirmed(works, time_machine, capsys):
    for number in range(20):
        make_member(works, f"id-{number}")
    heard = []
    directory_stopped.connect(
        lambda sync, **_: heard.append(sync.leaving), weak=False, dispatch_uid="t"
    )
    for _ in range(2):
        call_command("sync_directory", "4821")
        assert "stopped, since 20 of 20 people are missing" in capsys.readouterr().out
    row = DirectorySync.objects.get()
    assert (heard, row.leaving, row.present, len(people())) == ([20], 20, 20, 20)
    call_command("sync_directory", "4821", "--confirm")
    assert "3 people; 3 added, 0 changed, 20 removed" in capsys.readouterr().out
    row.refresh_from_db()
    assert (row.stopped_at, row.confirmed, len(people())) == (None, 0, 3)
    directory_stopped.disconnect(dispatch_uid="t")


def test_a_confirmation_is_for_no_more_than_what_was_shown(works):
    for number in range(20):
        make_member(works, f"id-{number}")
    sync(works)
    schedule.confirm(works)
    make_member(works, "id-one-more")
    assert sync(works) is None
    assert len(people()) == 21


def test_a_failed_pass_changes_nothing_and_is_tried_again_later(works, settings):
    sync(works)
    settings.OVICE_DIRECTORY_KEY = "wrong"
    assert sync(works) is None
    row = DirectorySync.objects.get()
    assert (row.failure, row.failures, len(people())) == ("key_refused", 1, 3)
    assert timedelta(minutes=9) < row.due_at - now() < timedelta(minutes=11)


def test_a_new_organization_is_read_first_and_then_daily(works, woken):
    assert schedule.sweep() == 1
    schedule.sync_due(works.pk)
    assert len(people()) == 3
    assert schedule.sweep() == 0
    wait = DirectorySync.objects.get().due_at - now()
    assert timedelta(hours=23, minutes=59) < wait < timedelta(hours=25, minutes=1)


def test_a_directory_is_read_by_one_at_a_time(works, woken):
    schedule.sweep()
    DirectorySync.objects.update(claimed_at=now())
    schedule.sync_due(works.pk)
    assert people() == {}


def test_without_an_address_nothing_is_read(works, settings, woken):
    settings.OVICE_DIRECTORY_URL = ""
    assert schedule.sweep() == 0
    with pytest.raises(CommandError):
        call_command("sync_directory")


def test_an_event_that_comes_very_late_asks_for_the_directory(works, time_machine):
    sync(works)
    time_machine.move_to(now() + timedelta(hours=3))
    tell("space.created", "4821", now() - timedelta(minutes=14), space={"id": "1"})
    assert DirectorySync.objects.get().due_at > now()
    tell("space.created", "4821", now() - timedelta(minutes=16), space={"id": "2"})
    assert DirectorySync.objects.get().due_at <= now()


def test_a_connection_asks_for_the_directory(settings, new_office, works):
    sync(works)
    DirectorySync.objects.update(applied_at=now() - timedelta(hours=2))
    schedule.ask_for_sync(works)
    assert DirectorySync.objects.get(organization=works).due_at <= now()
    office = new_office()
    assert DirectorySync.objects.filter(organization=office.organization).exists()


def test_no_address_or_name_is_logged(works, caplog, ovice):
    change(ovice, "hanako", email="canary@example.com", name="Canary")
    with caplog.at_level("INFO"):
        sync(works)
    assert "canary" not in caplog.text.casefold()


def test_a_member_whose_fields_were_told_by_events_is_compared_not_rewritten(works):
    update_member(works, "id-taro", at=now() - ONE_DAY, email="old@example.com", name="T")
    assert sync(works) == directory_sync.Applied(3, added=2, changed=1, removed=0, unreadable=0)
    assert people()["id-taro"] == "taro@example.com"
