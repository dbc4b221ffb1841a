"""What the site needs beyond the pages: links to files of the repository lead nowhere in it."""

import re
from typing import Any

# A page links files beside `docs/` for whoever reads it in the repository; here they are names.
_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./(?:\.\./)?(?:\w[\w./-]*)\)")
_INTO_DOCS = re.compile(r"\]\(docs/")
# Pages of the site itself, which may also be reached by `../` from a folder below.
_PAGES = re.compile(r"\]\(\.\./[\w-]+\.md")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the page's text with links that hold within the site alone."""
    below = "/" in page.file.src_uri

    def plain(match: re.Match[str]) -> str:
        own = below and _PAGES.search(match[0]) and "../../" not in match[0]
        return match[0] if own else match[1]

    return _OUTSIDE.sub(plain, _INTO_DOCS.sub("](", markdown))
