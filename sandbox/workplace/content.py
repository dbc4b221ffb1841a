"""The rules for the content of a message: lengths, numbers, and what excludes what."""

from typing import Any

from sandbox.workplace.errors import GraphError, bad_parameter

TEXT_UNITS = 2000
QUICK_REPLIES = 13
QUICK_REPLY_TITLE = 20
PAYLOAD = 1000
TEMPLATE_TEXT = 640
BUTTONS = 3
BUTTON_TITLE = 20
ELEMENTS = 10
ELEMENT_TITLE = 80
LIST_ELEMENTS = range(2, 5)
# Tuples: what stands in a message may be of any type, and a set refuses to be asked for a list.
ATTACHMENT_TYPES = ("template", "image", "video", "audio", "file")
BUTTON_KEYS = {"web_url": "url", "postback": "payload", "phone_number": "payload"}
OTHER_TEMPLATES = ("open_graph", "receipt", "airline_boardingpass")


def units(text: str) -> int:
    """Count UTF-16 code units, the strictest way to count what a limit means."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check(message: Any, *, cuts_titles: bool) -> dict[str, Any]:
    """Return the message if it keeps all rules; else raise code 100 naming the parameter.

    With `cuts_titles` the title of a quick reply is cut where it is too long, and not refused.
    """
    if not isinstance(message, dict) or not message:
        raise bad_parameter("param message must be non-empty.")
    text, attachment = message.get("text"), message.get("attachment")
    if text is not None and attachment is not None:
        raise bad_parameter("param message must not have both text and attachment.")
    if text is None and attachment is None:
        raise bad_parameter("param message must have text or attachment.")
    if text is not None:
        check_text(text, "message[text]", TEXT_UNITS)
    if attachment is not None:
        _check_attachment(attachment)
    if message.get("metadata") is not None:
        check_text(message["metadata"], "message[metadata]", PAYLOAD)
    replies = _quick_replies(message.get("quick_replies"), cuts_titles=cuts_titles)
    return message | ({"quick_replies": replies} if replies else {})


def check_text(value: Any, name: str, limit: int) -> None:
    """Refuse what is no text, empty, or longer than `limit` UTF-16 units."""
    if not isinstance(value, str) or not value.strip():
        raise bad_parameter(f"param {name} must be a non-empty string.")
    if units(value) > limit:
        raise bad_parameter(f"Length of param {name} must be less than or equal to {limit}")


def check_buttons(buttons: Any, name: str) -> None:
    """Refuse more than three buttons, and a button that is incomplete or too long."""
    for number, button in enumerate(_list(buttons, name, range(1, BUTTONS + 1))):
        _check_button(button, f"{name}[{number}]")


def _check_button(button: Any, name: str) -> None:
    key = BUTTON_KEYS.get(str(button.get("type"))) if isinstance(button, dict) else None
    if key is None:
        raise bad_parameter(f"param {name}[type] must be one of {{{', '.join(BUTTON_KEYS)}}}.")
    check_text(button.get("title"), f"{name}[title]", BUTTON_TITLE)
    check_text(button.get(key), f"{name}[{key}]", PAYLOAD)


def cut(text: str, limit: int) -> str:
    """Return the beginning of a text: up to `limit` UTF-16 units, and never half a character."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * limit].decode("utf-16-le", "ignore")


def _quick_replies(replies: Any, *, cuts_titles: bool) -> list[dict[str, Any]]:
    if replies is None:
        return []
    name = "message[quick_replies]"
    listed = _list(replies, name, range(1, QUICK_REPLIES + 1))
    return [_quick_reply(one, f"{name}[{at}]", cuts_titles) for at, one in enumerate(listed)]


def _quick_reply(reply: Any, name: str, cuts_titles: bool) -> dict[str, Any]:
    if not isinstance(reply, dict) or reply.get("content_type") != "text":
        raise bad_parameter(f"param {name}[content_type] must be text.")
    check_text(reply.get("payload"), f"{name}[payload]", PAYLOAD)
    title = reply.get("title")
    if cuts_titles and isinstance(title, str):
        title = cut(title, QUICK_REPLY_TITLE)
    check_text(title, f"{name}[title]", QUICK_REPLY_TITLE)
    return reply | {"title": title}


def _check_attachment(attachment: Any) -> None:
    name = "message[attachment]"
    if not isinstance(attachment, dict) or attachment.get("type") not in ATTACHMENT_TYPES:
        raise bad_parameter(f"param {name}[type] is not known.")
    payload = attachment.get("payload")
    if not isinstance(payload, dict):
        raise bad_parameter(f"param {name}[payload] must be an object.")
    if attachment["type"] == "template":
        _check_template(payload, f"{name}[payload]")
    elif not (payload.get("url") or payload.get("attachment_id")):
        raise bad_parameter(f"param {name}[payload][url] must be a non-empty string.")


def _check_template(payload: dict[str, Any], name: str) -> None:
    match payload.get("template_type"):
        case "button":
            check_text(payload.get("text"), f"{name}[text]", TEMPLATE_TEXT)
            check_buttons(payload.get("buttons"), f"{name}[buttons]")
        case "generic":
            _check_elements(payload, name, range(1, ELEMENTS + 1))
        case "list":
            _check_elements(payload, name, LIST_ELEMENTS)
            if payload.get("buttons") is not None:
                _list(payload["buttons"], f"{name}[buttons]", range(2))
        case kind if kind not in OTHER_TEMPLATES:
            raise bad_parameter(f"param {name}[template_type] is not known.")


def _check_elements(payload: dict[str, Any], name: str, allowed: range) -> None:
    for number, element in enumerate(_list(payload.get("elements"), f"{name}[elements]", allowed)):
        where = f"{name}[elements][{number}]"
        if not isinstance(element, dict):
            raise bad_parameter(f"param {where} must be an object.")
        check_text(element.get("title"), f"{where}[title]", ELEMENT_TITLE)
        if element.get("buttons") is not None:
            check_buttons(element["buttons"], f"{where}[buttons]")


def _list(value: Any, name: str, allowed: range) -> list[Any]:
    if not isinstance(value, list) or len(value) not in allowed:
        raise _wrong_number(name, allowed)
    return value


def _wrong_number(name: str, allowed: range) -> GraphError:
    return bad_parameter(f"param {name} must have {allowed.start} to {allowed.stop - 1} items.")
