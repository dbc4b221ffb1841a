"""The ways through the house: how many files a DM and an uninstall pass, from the door to the end.

Fewer is better: a number goes down with a redesign, and up only for a reason.
"""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from integrations.models import InstallationKind
from integrations.models.removal import Removal
from integrations.removal.purge import purge
from integrations.removal.uninstall import stop_removed
from tests.factories import dm_event, make_installation, post_event
from tests.integrations.workplace.signed import SECRET, uninstall_of
from tests.messaging.draining import run

ROOT = f"{Path(__file__).resolve().parent.parent}/"
APPS = ("config/", "messaging/", "accounts/", "integrations/", "core/")
DM, UNINSTALL = 72, 35
COMMUNITY = "1000000001"


def files_of(act: Callable[[], object]) -> list[str]:
    """Return the product's files in which ``act`` calls a function, in the order of first use."""
    found: dict[str, None] = {}

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        path = frame.f_code.co_filename.removeprefix(ROOT)
        if event == "call" and path.startswith(APPS) and frame.f_code.co_name != "<module>":
            found.setdefault(path)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
    return list(found)


@pytest.mark.django_db(transaction=True)
def test_a_dm_passes_few_files(office, settings):
    settings.RELAY_LANES = 1
    link = office.join("Hanako")

    def carry() -> None:
        assert post_event(dm_event(link)).json() == {"status": "accepted"}
        assert run(office) == 1

    carry()  # Modules are imported and caches filled by the first one.
    assert len(files_of(carry)) <= DM


@pytest.mark.django_db(transaction=True)
def test_an_uninstall_passes_few_files(settings):
    settings.WORKPLACE_APP_SECRET = SECRET
    long_ago = now() - timedelta(hours=1)
    form = "application/x-www-form-urlencoded"
    make_installation(
        kind=InstallationKind.THIRD_PARTY, community_id=COMMUNITY, connected_at=long_ago
    )
    Client().get("/healthz")

    def uninstall() -> None:
        body = f"signed_request={uninstall_of(COMMUNITY)}"
        assert Client().post("/workplace/deauthorize", body, content_type=form).status_code == 200
        stop_removed()
        assert purge(Removal.objects.get())

    assert len(files_of(uninstall)) <= UNINSTALL
