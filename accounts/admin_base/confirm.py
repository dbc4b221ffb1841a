"""Confirmation before an action touches rows, kept to a number one can oversee."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from integrations.targets.setup import Words

# As many as a form may hold, and a request may do.
MOST = 500


@dataclass(frozen=True, slots=True)
class Question:
    """Question before an act: in a heading, with what follows, and the button that says yes."""

    action: str
    title: Words
    consequences: Sequence[Words]
    button: Words
    most: int = MOST


def ask_first(request: HttpRequest, rows: QuerySet[Any], question: Question) -> HttpResponse | None:
    """Return the page that asks, or None once the visitor has said yes.

    ``rows`` are the visitor's own. More than ``question.most`` are refused as a whole: half of what
    somebody chose is no answer.
    """
    keys = list(rows.values_list("pk", flat=True)[: question.most + 1])
    if len(keys) > question.most:
        text = _("Choose at most %(count)d rows at a time; nothing was done.")
        messages.error(request, text % {"count": question.most})
        return redirect(request.get_full_path())
    if request.POST.get("confirmed") == "yes":
        return None
    context = {
        **admin.site.each_context(request),
        "question": question,
        "keys": [str(key) for key in keys],
        "title": question.title,
        "back": request.get_full_path(),
    }
    return render(request, "admin/confirm.html", context)
