"""Thirty days after an uninstall a dump of the database has nothing of the customer any more."""

import subprocess
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.conf import settings as project
from django.db import connection
from django.test import Client
from django.utils.module_loading import import_string
from django.utils.timezone import now

from accounts.models import Ownership, User
from accounts.owners.audit_log import record
from integrations.models import Callback, Installation, InstallationKind
from integrations.models.removal import Removal
from integrations.removal.data_map import tables
from messaging.models import Attempt, Delivery, Lane, Outcome
from messaging.models.bot import Conversation, ReceivedUpdate
from tests.factories import (
    dm_event,
    make_installation,
    make_link,
    make_member,
    make_organization,
    post_event,
)
from tests.integrations.workplace.signed import SECRET, uninstall_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

PLAIN = {
    "organization": "org-planted-4711",
    "organization's name": "Planted Works",
    "community": "7700000000000001",
    "community's name": "Planted Community",
    "bot": "7700000000000002",
    "member's id": "user-planted-42",
    "account": "7700000000000003",
    "owner": "planted.owner@example.com",
    "message": "msg-planted-1",
    "event": "evt_planted_1",
    "space's name": "Planted Floor",
    "echo": "planted-reference-1",
    "message in the chat": "m_planted_1",
}
# Of these a customer need not have any; their ways to a customer are tested by themselves.
WITHOUT_ROWS = {
    "account.EmailAddress",
    "account.EmailConfirmation",
    "accounts.Choices",
    "accounts.DirectorySync",
    "accounts.InstallRequest",
    "accounts.OwnerMail",
    "accounts.User_groups",
    "accounts.User_user_permissions",
    "admin.LogEntry",
    "messaging.Canary",
    "messaging.Incident",
    "mfa.Authenticator",
}
HIDDEN = {
    "token": "DQVplantedtoken",
    "address": "planted.member@example.com",
    "name": "Planted Hanako",
    "text": "planted words of a message",
}


def dump() -> str:
    """Return all data of the test's database, as the operator's own tool writes it."""
    given = connection.settings_dict
    address = f"postgres://{given['USER']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    command = ["pg_dump", "--data-only", "--inserts", "--no-owner", address]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def found(text: str) -> set[str]:
    """Return the names of what was planted and is in a dump, as text or inside of bytes."""
    planted = {**PLAIN, **HIDDEN}
    return {
        name
        for name, value in planted.items()
        if value in text or value.encode().hex() in text.lower()
    }


def plant() -> None:
    """Let a customer leave a trace in every table that a normal life touches."""
    organization = make_organization(PLAIN["organization"], name=PLAIN["organization's name"])
    installation = make_installation(
        organization,
        kind=InstallationKind.THIRD_PARTY,
        community_id=PLAIN["community"],
        community_name=PLAIN["community's name"],
        bot_id=PLAIN["bot"],
        connected_at=now() - timedelta(hours=2),
    )
    installation.access_token = HIDDEN["token"]
    installation.save()
    member = make_member(
        organization, PLAIN["member's id"], email=HIDDEN["address"], name=HIDDEN["name"]
    )
    link = make_link(installation, member, account_id=PLAIN["account"])
    owner = User.objects.create_user(PLAIN["owner"])
    Ownership.objects.create(user=owner, organization=organization)
    Client().force_login(owner)
    event = dm_event(link, id=PLAIN["message"], text=HIDDEN["text"])
    assert post_event(event, event_id="evt_planted_1").status_code == 202
    to_two = dm_event(link, id=f"{PLAIN['message']}-2", text=HIDDEN["text"])
    to_two["data"]["mention"]["scope"] = "users"
    to_two["data"]["recipients"].append({"id": "somebody-else", "type": "user"})
    assert post_event(to_two, event_id="evt_planted_2").status_code == 202
    delivery = Delivery.objects.get()
    Attempt.objects.create(
        organization=organization, delivery=delivery, outcome=Outcome.NOT_SENT, started_at=now()
    )

    plant_what_the_chat_told(installation)
    organization.spaces.create(ovice_id="space-planted-7", name=PLAIN["space's name"])
    Callback.objects.create(
        organization=organization, type="link.created", data={"member": PLAIN["member's id"]}
    )
    record(installation, "token_tried")


def plant_what_the_chat_told(installation: Installation) -> None:
    """Let the person tap something, and the bot owe an answer."""
    about = {"organization": installation.organization, "installation": installation}
    ReceivedUpdate.objects.create(
        **about,
        key="planted",
        kind="tapped",
        account_id=PLAIN["account"],
        reference=PLAIN["echo"],
        message_ids=[PLAIN["message in the chat"]],
        happened_at=now(),
    )
    Conversation.objects.create(**about, account_id=PLAIN["account"])
    Lane.objects.get_or_create(installation=installation, number=0)


def run_jobs() -> None:
    """Run every scheduled job about removals once, as beat does."""
    for job in project.CELERY_BEAT_SCHEDULE.values():
        if "remov" in job["task"] or "purge" in job["task"]:
            import_string(job["task"])()


def test_thirty_days_after_an_uninstall_only_the_receipt_is_left(settings):
    settings.WORKPLACE_APP_SECRET = SECRET
    plant()
    before = found(dump())
    empty_before = {
        table.model for table in tables() if not apps.get_model(table.model).objects.exists()
    }

    form = "application/x-www-form-urlencoded"
    body = f"signed_request={uninstall_of(PLAIN['community'])}"
    assert Client().post("/workplace/deauthorize", body, content_type=form).status_code == 200
    run_jobs()
    with time_machine.travel(now() + timedelta(days=30)):
        run_jobs()

    assert before == set(PLAIN)
    assert empty_before <= WITHOUT_ROWS
    assert found(dump()) == set()
    receipt = Removal.objects.get().receipt
    assert receipt is not None
    assert receipt["receipt"]["tables"]["accounts.User"] == {"before": 1, "after": 0}
