"""The bot's messenger profile: greeting, Get started, persistent menu."""

from collections.abc import Callable
from typing import Any

from sandbox.workplace import content, parameters
from sandbox.workplace.call import Call
from sandbox.workplace.errors import bad_parameter
from sandbox.workplace.replies import Reply

FIELDS = (
    "get_started",
    "greeting",
    "persistent_menu",
    "whitelisted_domains",
    "home_url",
    "account_linking_url",
)
GREETING, MENU_TITLE, MENU_ITEMS, MOST_DOMAINS, LOCALE = 160, 30, 20, 50, 20


async def change(call: Call) -> Reply:
    """Answer `POST /me/messenger_profile`."""
    given = {name: _given(call, name) for name in FIELDS if name in call.params}
    if not given:
        raise bad_parameter(f"Requires one of the params: {','.join(FIELDS)}")
    profile = call.install.profile | given
    _check(profile)
    call.install.profile = profile
    call.record.accepted = True
    return Reply.of({"result": "success"})


async def show(call: Call) -> Reply:
    """Answer `GET /me/messenger_profile`: an empty list where nothing is set."""
    asked = parameters.names(call.params.get("fields"))
    profile = {name: call.install.profile[name] for name in asked if name in call.install.profile}
    return Reply.of({"data": [profile] if profile else []})


async def remove(call: Call) -> Reply:
    """Answer `DELETE /me/messenger_profile` with `{"fields": [...]}`."""
    names = parameters.names(call.params.get("fields"))
    if not names or any(name not in FIELDS for name in names):
        raise bad_parameter(f"param fields must be a list of {','.join(FIELDS)}")
    profile = {name: value for name, value in call.install.profile.items() if name not in names}
    _check(profile)
    call.install.profile = profile
    call.record.accepted = True
    return Reply.of({"result": "success"})


async def change_thread_settings(call: Call) -> Reply:
    """Answer `POST /me/thread_settings`, the older way to set parts of the profile."""
    kind = call.params.get("setting_type", "call_to_actions")
    if not isinstance(kind, str) or kind not in THREAD_SETTINGS:
        raise bad_parameter(f"param setting_type must be one of {{{', '.join(THREAD_SETTINGS)}}}.")
    profile = call.install.profile | THREAD_SETTINGS[kind](call)
    _check(profile)
    call.install.profile = profile
    return Reply.of({"result": "success"})


def _older_greeting(call: Call) -> dict[str, Any]:
    greeting = parameters.structure(call.params, "greeting")
    text = greeting.get("text") if isinstance(greeting, dict) else None
    return {"greeting": [{"locale": "default", "text": text}]}


def _older_actions(call: Call) -> dict[str, Any]:
    """Return Get started, or the menu where it is set for threads that exist."""
    actions = parameters.structure(call.params, "call_to_actions")
    if call.params.get("thread_state") == "existing_thread":
        return {"persistent_menu": [{"locale": "default", "call_to_actions": actions}]}
    return {"get_started": actions[0] if isinstance(actions, list) and actions else None}


def _older_domains(call: Call) -> dict[str, Any]:
    return {"whitelisted_domains": _given(call, "whitelisted_domains")}


THREAD_SETTINGS: dict[str, Callable[[Call], dict[str, Any]]] = {
    "greeting": _older_greeting,
    "call_to_actions": _older_actions,
    "domain_whitelisting": _older_domains,
}


def _given(call: Call, name: str) -> Any:
    if name == "account_linking_url":
        return call.params.get(name)
    if name == "whitelisted_domains":
        return parameters.names(call.params.get(name))
    return parameters.structure(call.params, name)


def _check(profile: dict[str, Any]) -> None:
    if "get_started" in profile:
        started = profile["get_started"]
        payload = started.get("payload") if isinstance(started, dict) else None
        content.check_text(payload, "get_started[payload]", content.PAYLOAD)
    if "account_linking_url" in profile:
        _check_address(profile["account_linking_url"], "account_linking_url")
    if "home_url" in profile:
        home = profile["home_url"]
        _check_address(home.get("url") if isinstance(home, dict) else None, "home_url[url]")
    if "whitelisted_domains" in profile:
        _check_domains(profile["whitelisted_domains"])
    for greeting in _localized(profile, "greeting"):
        content.check_text(greeting.get("text"), "greeting[text]", GREETING)
    if "persistent_menu" in profile and "get_started" not in profile:
        raise bad_parameter("param persistent_menu requires get_started to be set.")
    for menu in _localized(profile, "persistent_menu"):
        _check_menu(menu.get("call_to_actions"))


def _check_address(value: Any, name: str) -> None:
    content.check_text(value, name, content.PAYLOAD)
    if not value.startswith(("http://", "https://")):
        raise bad_parameter(f"param {name} must be a URL.")


def _check_domains(domains: list[str]) -> None:
    if not 0 < len(domains) <= MOST_DOMAINS:
        raise bad_parameter(f"param whitelisted_domains must have 1 to {MOST_DOMAINS} items.")
    for domain in domains:
        _check_address(domain, "whitelisted_domains")


def _localized(profile: dict[str, Any], name: str) -> list[dict[str, Any]]:
    if name not in profile:
        return []
    entries = profile[name]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise bad_parameter(f"param {name} must be a list of objects.")
    for entry in entries:
        content.check_text(entry.get("locale"), f"{name}[locale]", LOCALE)
    if "default" not in [entry["locale"] for entry in entries]:
        raise bad_parameter(f"param {name} must have an entry with locale default.")
    return entries


def _check_menu(actions: Any) -> None:
    name = "persistent_menu[call_to_actions]"
    if not isinstance(actions, list) or not 0 < len(actions) <= MENU_ITEMS:
        raise bad_parameter(f"param {name} must have 1 to {MENU_ITEMS} items.")
    for action in actions:
        kind = action.get("type") if isinstance(action, dict) else None
        if kind not in ("postback", "web_url"):
            raise bad_parameter(f"param {name}[type] must be postback or web_url.")
        content.check_text(action.get("title"), f"{name}[title]", MENU_TITLE)
        key = content.BUTTON_KEYS[kind]
        content.check_text(action.get(key), f"{name}[{key}]", content.PAYLOAD)
