"""The results as one picture: how far each figure is from its bar."""

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bench.rows import Row

WIDTH, LINE, TOP, LEFT, RIGHT = 1280, 46, 96, 520, 200
PAPER, INK, FAINT = "#ffffff", "#1d2733", "#d5dbe2"
REACHED, MISSED = "#2a7d4f", "#b3362b"
# The bar stands at 1; a quarter of it and four times it are the ends of the scale.
LEAST, MOST = 0.25, 4.0
# The font that comes with Pillow has none of these.
_SIGNS = str.maketrans({"≥": ">=", "≤": "<=", "×": "x", "→": "to", "÷": "/", "–": "-"})


def draw(rows: Sequence[Row], about: str, file: Path) -> None:
    """Write a PNG with a line for each row; right of the bar is better than it has to be."""
    image = Image.new("RGB", (WIDTH, TOP + LINE * len(rows) + 40), PAPER)
    pen = ImageDraw.Draw(image)
    pen.text((24, 20), "The relay, measured against its references", INK, _font(24))
    pen.text((24, 56), about.translate(_SIGNS), INK, _font(15))
    bottom = TOP + LINE * len(rows)
    for share in (LEAST, 0.5, 1.0, 2.0, MOST):
        pen.line([(_x(share), TOP - 8), (_x(share), bottom)], INK if share == 1 else FAINT, 2)
        pen.text((_x(share), bottom + 8), f"{share:g} x", INK, _font(14), anchor="ma")
    for index, row in enumerate(rows):
        _line(pen, TOP + LINE * index, row)
    image.save(file)


def _line(pen: ImageDraw.ImageDraw, top: int, row: Row) -> None:
    colour = REACHED if row.passed else MISSED
    ends = sorted((_x(1.0), _x(row.share)))
    pen.rectangle([ends[0], top + 8, max(ends[1], ends[0] + 2), top + LINE - 14], colour)
    pen.text((LEFT - 16, top + 6), row.work.translate(_SIGNS), INK, _font(15), anchor="ra")
    sign = "≤" if row.at_most else "≥"
    figure = f"{row.measured:.3g} ({sign} {row.bar:g}) {row.unit}"
    pen.text((WIDTH - RIGHT + 16, top + 6), figure.translate(_SIGNS), colour, _font(15))


def _x(share: float) -> float:
    """Return where a share of the bar lies, on a logarithmic scale."""
    place = math.log(min(max(share, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LEFT + place * (WIDTH - RIGHT - LEFT)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
