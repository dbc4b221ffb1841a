"""The portal's stylesheet takes its colours from the site's own."""

import re

from django.conf import settings

# Django's admin has an `--accent` of its own.
_RENAMED = {"--brand": "--accent", "--brand-deep": "--accent-deep", "--on-brand": "--on-accent"}


def tokens(name: str) -> list[dict[str, str]]:
    """Return the colours of a stylesheet, in the light and in the dark."""
    css = (settings.STATICFILES_DIRS[0] / name).read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    return [dict(re.findall(r"(--[\w-]+): (#\w+)", block)) for block in blocks]


def test_both_stylesheets_have_the_same_colours():
    for ours, site in zip(tokens("admin.css"), tokens("kotozute.css"), strict=True):
        assert ours == {name: site[_RENAMED.get(name, name)] for name in ours}
