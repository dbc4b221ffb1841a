"""The names of tables and columns in the visitor's language, without a migration for each.

A column's automatic name, such as ``removed at``, is the text to translate.
"""

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy, override


def translate_labels(model: type[Model]) -> None:
    """Translate the model's name, its columns' and their choices whenever they are shown."""
    options: Any = model._meta  # noqa: SLF001 - Django's public API
    for holder in (options, *options.fields):
        for name in ("verbose_name", "verbose_name_plural"):
            if label := getattr(holder, name, None):
                setattr(holder, name, gettext_lazy(_in_english(label)))
    for field in options.fields:
        if field.choices:
            field.choices = [
                (value, gettext_lazy(_in_english(label))) for value, label in field.flatchoices
            ]


def _in_english(label: Any) -> str:
    with override("en"):
        return str(label)
