"""The names of tables, columns and choices in the portal."""

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.utils.translation import gettext, override


def shown_fields(model, page):
    """Return the columns that a page names in its lists and forms."""
    names = {*flatten(page.fields or ()), *page.list_display}
    return [field for field in model._meta.fields if field.name in names]


def test_every_label_of_the_portal_is_there_in_japanese():
    labels = set()
    for model, page in admin.site._registry.items():
        labels |= {str(model._meta.verbose_name), str(model._meta.verbose_name_plural)}
        for field in shown_fields(model, page):
            labels |= {str(field.verbose_name), *(str(label) for _, label in field.flatchoices)}
    with override("ja"):
        assert {label for label in labels if gettext(label) == label} == set()
