"""Draws the product's mark, a word handed on from one speech bubble to the next.

`python docs/listing/draw_icon.py` writes static/kotozute.svg (the favicon) and static/listing/icon.png
(1024 x 1024, transparent around the tile), both from the shapes below, on a grid of 64.
"""

from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parents[2] / "static"
GRID, SIZE, OVERSAMPLING = 64, 1024, 4
VERMILION, BLUSH, WHITE = "#b5402a", "#dc9a8b", "#ffffff"

# (colour, left, top, right, bottom, radius)
TILE = (VERMILION, 2, 2, 62, 62, 15)
BACK = (BLUSH, 9, 11, 40, 34, 7)
FRONT = (WHITE, 19, 20, 55, 49, 8)
# The tails of the two bubbles; the second hangs on the other side.
TAILS = (
    (BLUSH, ((13, 30), (13, 42), (23, 32))),
    (WHITE, ((40, 46), (50, 46), (50, 58))),
)
# 言, "word": a stroke, a beam, two lines, and the mouth that speaks.
WORD = (
    (VERMILION, 33.5, 23, 40.5, 25.6, 1.3),
    (VERMILION, 27, 27.6, 47, 30.2, 1.3),
    (VERMILION, 30, 32.2, 44, 34.6, 1.2),
    (VERMILION, 30, 36.4, 44, 38.8, 1.2),
    (VERMILION, 30, 40.6, 44, 46.8, 1.2),
    (WHITE, 32.6, 42.8, 41.4, 44.8, 0.4),
)


def draw_png() -> Image.Image:
    """Return the icon, drawn large and scaled down for smooth edges."""
    scale = SIZE * OVERSAMPLING / GRID
    image = Image.new("RGBA", (SIZE * OVERSAMPLING,) * 2, (0, 0, 0, 0))
    brush = ImageDraw.Draw(image)

    def box(shape: tuple) -> None:
        colour, *corners, radius = shape
        brush.rounded_rectangle([n * scale for n in corners], radius * scale, fill=colour)

    def tail(shape: tuple) -> None:
        colour, points = shape
        brush.polygon([(x * scale, y * scale) for x, y in points], fill=colour)

    box(TILE)
    tail(TAILS[0])
    box(BACK)
    # A seam of the tile's colour keeps the bubbles apart.
    _, left, top, right, bottom, radius = FRONT
    box((VERMILION, left - 1.6, top - 1.6, right + 1.6, bottom + 1.6, radius + 1.6))
    tail(TAILS[1])
    box(FRONT)
    for stroke in WORD:
        box(stroke)
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def draw_svg() -> str:
    """Return the same as an SVG."""

    def box(shape: tuple) -> str:
        colour, left, top, right, bottom, radius = shape
        size = f'width="{right - left:g}" height="{bottom - top:g}" rx="{radius:g}"'
        return f'<rect x="{left:g}" y="{top:g}" {size} fill="{colour}"/>'

    def tail(shape: tuple) -> str:
        colour, points = shape
        path = " ".join(f"{x},{y}" for x, y in points)
        return f'<polygon points="{path}" fill="{colour}"/>'

    _, left, top, right, bottom, radius = FRONT
    seam = (VERMILION, left - 1.6, top - 1.6, right + 1.6, bottom + 1.6, radius + 1.6)
    parts = [box(TILE), tail(TAILS[0]), box(BACK), box(seam), tail(TAILS[1]), box(FRONT)]
    body = "\n  ".join([*parts, *map(box, WORD)])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {GRID} {GRID}">\n  {body}\n</svg>\n'


if __name__ == "__main__":
    draw_png().save(STATIC / "listing" / "icon.png", optimize=True)
    (STATIC / "kotozute.svg").write_text(draw_svg())
