"""In which of our languages somebody is written to."""

from django.conf import settings


def language_of(*locales: str) -> str:
    """Return the language we write in for the first of ``locales`` that we know.

    A locale looks like ``ja_JP``; where none is known it is English.
    """
    for locale in locales:
        language = locale.replace("_", "-").lower().split("-")[0]
        if language in dict(settings.LANGUAGES):
            return language
    return settings.LANGUAGE_CODE
