"""Writes the data map's table anew from what the code deletes: `python -m tests.docs.data_map`.

The words about each table are the page's own and stay; where a table is new, they are dashes, and
a test asks for them.
"""

import os
import re
from datetime import timedelta
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "data-map.md"
HEAD = (
    "| table | what is in it | why | goes with | at the latest |\n| --- | --- | --- | --- | --- |\n"
)
# Rows that go by age with a job of their own, since much hangs on it, and not by the list.
_ELSEWHERE = {"accounts.User": "`last_login`, if they own nothing"}
_ROW = re.compile(r"^\| `(\w+\.\w+)` \| (.*?) \| (.*?) \|", re.MULTILINE)


def period(kept: timedelta) -> str:
    """Return how long rows stay after the moment that they age from."""
    if kept >= timedelta(days=365 * 2):
        return f"{kept.days // 365} years"
    hours = int(kept.total_seconds() // 3600)
    found = f"{kept.days} days" if kept.days else f"{hours} hour"
    return found if kept else "at once"


def last(model: str) -> str:
    """Return after which moment, and how long after it, rows of ``model`` go by age."""
    from django.conf import settings  # noqa: PLC0415 - after Django is set up

    from integrations.removal.data_map import aged  # noqa: PLC0415 - needs Django set up

    since = [entry.since.replace("__", ".") for entry in aged() if entry.model == model]
    if model in _ELSEWHERE:
        return f"{period(settings.RETENTION[model])} after {_ELSEWHERE[model]}"
    if not since:
        return "–"
    kept = period(settings.RETENTION[model])
    return f"{kept}{' after' if kept != 'at once' else ', at'} `{', '.join(since)}`"


def rows() -> str:
    """Return the whole table, as Markdown."""
    from django.apps import apps  # noqa: PLC0415 - needs Django set up

    from integrations.removal.data_map import tables, without_customers  # noqa: PLC0415 - needs Django set up

    words = {name: (what, why) for name, what, why in _ROW.findall(PAGE.read_text())}
    ways = {table.model: table for table in tables()}
    lines = []
    for name in sorted(model._meta.label for model in apps.get_models()):
        what, why = words.get(name, ("–", "–"))
        found = ways.get(name)
        kinds = {"organization": "organization", "installation": "connection", "member": "member"}
        goes = [word for way, word in kinds.items() if found and getattr(found, way)]
        with_whom = ", ".join(goes) or f"nobody: {without_customers()[name]}"
        lines.append(f"| `{name}` | {what} | {why} | {with_whom} | {last(name)} |\n")
    return HEAD + "".join(lines)


def write() -> None:
    """Replace the page's table."""
    text = PAGE.read_text()
    start = text.index(HEAD.split("\n", 1)[0])
    PAGE.write_text(text[:start] + rows())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    write()
