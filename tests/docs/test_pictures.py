"""Pages show only pictures that `make screenshots` takes, and each is small."""

import re

from django.conf import settings

from docs.pictures.take import NAMES

ROOT = settings.BASE_DIR
MOST_BYTES = 150_000


def test_pages_show_every_picture_that_is_taken_and_no_other():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "sandbox").rglob("*.md")]
    shown = {
        name for page in pages for name in re.findall(r"pictures/([\w-]+)\.png", page.read_text())
    }
    assert shown == NAMES


def test_every_picture_is_there_and_small():
    pictures = {path.stem: path.stat().st_size for path in ROOT.glob("docs/pictures/*.png")}
    assert set(pictures) == NAMES
    assert max(pictures.values()) <= MOST_BYTES
