"""Introduction of the bot in an empty chat: start button, greeting and menu, by language."""

from collections.abc import Mapping
from typing import Any

from integrations.targets.port import Introduction
from integrations.workplace.client import GraphClient
from integrations.workplace.messages import button_of
from integrations.workplace.profile import get_profile, set_profile

FIELDS = ("get_started", "greeting", "persistent_menu")
# The platform's locales for our languages; English serves everybody else (Messenger profile).
LOCALES = {"en": "default", "ja": "ja_JP", "ko": "ko_KR"}


def introduce(client: GraphClient, start: str, introductions: Mapping[str, Introduction]) -> bool:
    """Set what differs from what stands; return False when nothing did."""
    wanted = _profile(start, introductions)
    if get_profile(client, FIELDS) == wanted:
        return False
    set_profile(client, wanted)
    return True


def _profile(start: str, introductions: Mapping[str, Introduction]) -> dict[str, Any]:
    known = {LOCALES[language]: shown for language, shown in introductions.items()}
    return {
        "get_started": {"payload": start},
        "greeting": [{"locale": locale, "text": shown.greeting} for locale, shown in known.items()],
        "persistent_menu": [
            {
                "locale": locale,
                "composer_input_disabled": False,
                "call_to_actions": [button_of(item).described() for item in shown.menu],
            }
            for locale, shown in known.items()
        ],
    }
