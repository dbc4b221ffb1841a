"""Texts, numbers, times and identifiers that have stopped some program somewhere.

Each function draws one from a ``Random``; the same seed draws the same one.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

# Lone halves of pairs, blanks that no strip() knows, line ends, controls of direction, joiners.
CHARACTERS = (
    *("\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\ud800", "\udfff", "\ufdd0", "\uffff", "\ufeff"),
    *("\u00a0", "\u00ad", "\u034f", "\u115f", "\u3164", "\u2800", "\u180e", "\u200b", "\u3000"),
    *("\n", "\r\n", "\r", "\v", "\f", "\u2028", "\u2029", "\t", " "),
    *("\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u061c", "\u200c", "\u200d", "\ufe0f"),
    *("é", "e\u0301", "ß", "ı", "İ", "ſ", "\u212a", "ﬃ", "Ⅸ", "①", "۱", "ｱ", "ﾞ", "言", "한", "ไ"),
    *("👨‍👩‍👧‍👦", "👍🏽", "🇯🇵", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️‍🔥", "\U000e0041", "\U0010ffff", "a" + "\u0301" * 60),
    *("*", "_", "~", "`", "@[1]", "<", "&", "'", '"', "\\", "%", "{{", "${x}", "；", "。"),
)
TAGS = (
    *("p", "div", "br", "li", "ul", "table", "tr", "td", "h1", "h6", "section", "a", "img", "b"),
    *("script", "style", "head", "title", "template", "textarea", "noscript", "iframe", "svg"),
    *("math", "plaintext", "xmp", "select", "option", "frameset", "body", "html", "form", "x-y"),
)
SOUP = (
    *("<", ">", "</", "/>", "<!", "<!--", "-->", "--!>", "<![CDATA[", "]]>", "<![FOO[x]]>", "<?"),
    *("<a ", "<a href=", "='", '="', "&", "&#", "&#x", "&#x110000;", "&#0;", "&#xd800;", "&amp;"),
    *("&lt;b&gt;", "&CounterClockwiseContourIntegral;", "&notit;", "&nbsp", "<p", "</p>", "<b>"),
    *("<head>", "<template>", "<!DOCTYPE", "<script>", "</script ", "<plaintext>", "<svg><a>"),
)
ADDRESSES = (
    *(
        "https://example.com/a",
        "https://example.com/a_(b)*c*",
        "http://[",
        "https://例え.jp/言",
        "https://xn--r8jz45g.jp",
        "//example.com",
        "javascript:alert(1)",
        "https://user:pw@example.com",
        "https://app.ovice.com/ws/tokyo-hq",
        "https://app.ovice.com@evil.example/",
        "http://[::1]:99999/",
        "https://app.ovice.com\u200b.evil.example",
        "https://APP.OVICE.COM:443/ws",
        "資料：https://example.com/a。*至急*",
    ),
)
MAILS = (
    *(
        "a@example.com",
        "mi\u212ae@example.com",
        "MIKE@EXAMPLE.COM",
        "a@",
        "@",
        "@@",
        "a b@example.com",
        '"a b"@example.com',
        "a@例え.jp",
        "a@xn--r8jz45g.jp",
        "a@[127.0.0.1]",
        "a@example..com",
        "a@.com",
        "a\u200b@example.com",
        "a@example.com\u2028Bcc: b@example.com",
        "ß@example.com",
        "a@xn--\u00e9",
        "a@" + "x" * 64 + ".com",
        "a@example.com.",
        "hanako@example.com",
        "a@\u3002com",
        "=?utf-8?q?a?=@example.com",
        "a,b@example.com",
        "<a@example.com>",
    ),
)
HEADLINE = "Boss sent you a di\u200brect message in ovice"
NUMBERS = (
    *("0", "-0", "1", "-1", "1.0", "1e2", "1e999", "-1e999", "1e-999", "0.1", "2147483648"),
    *(
        "9007199254740993",
        "18446744073709551616",
        "9" * 400,
        "9" * 5000,
        "-" + "9" * 5000,
        "1" + "0" * 4299,
    ),
    *("NaN", "Infinity", "-Infinity", "01", "+1", "0x10", "1_000", "١", ".5", "5."),
)
_YEARS = (0, 1, 99, 1969, 1970, 1999, 2000, 2026, 2099, 2100, 9999, 10000)
_MARGINS = (-1, 0, 1)


def text(random: Random, limit: int = 64) -> str:
    """Draw a text; the longest ones stand at ``limit`` characters, give or take one."""
    kind = random.randrange(8)
    if kind == 0:
        return ""
    if kind == 1:
        return repeated(random, limit + random.choice(_MARGINS))
    draw = random.choice((characters, soup, mixed))
    return draw(random, random.randint(1, min(limit, 40) if kind < 6 else limit))


def characters(random: Random, length: int) -> str:
    """Draw odd characters alone."""
    return _filled(lambda: random.choice(CHARACTERS), length)


def soup(random: Random, length: int) -> str:
    """Draw something that begins like markup again and again."""
    return _filled(lambda: _markup(random), length)


def mixed(random: Random, length: int) -> str:
    """Draw words with odd characters, markup and addresses between them."""
    draws: Sequence[Callable[[], str]] = (
        lambda: random.choice(
            ("Can you join room B? ", "会議室Bに来てください", "안녕하세요 ", HEADLINE)
        ),
        lambda: random.choice(CHARACTERS),
        lambda: _markup(random),
        lambda: random.choice(ADDRESSES),
        lambda: chr(random.randrange(0x110000)),
    )

    def draw() -> str:
        return random.choice(draws)()

    return _filled(draw, length)


def repeated(random: Random, length: int) -> str:
    """Draw one piece over and over: where something takes more than linear time, it shows here."""
    piece = random.choice((*CHARACTERS, *SOUP, *ADDRESSES, f"<{random.choice(TAGS)}>", "a", "a "))
    return (piece * (length // len(piece) + 1))[: max(length, 0)]


def moment(random: Random) -> str:
    """Draw what stands where a time should."""
    kind = random.randrange(6)
    if kind == 0:
        return text(random)
    if kind == 1:
        at = datetime.now(UTC) + timedelta(seconds=random.choice((-90_000, -301, -1, 1, 301, 9e6)))
        return at.isoformat()
    year, second = random.choice(_YEARS), random.choice((0, 59, 60, 61, 99))
    day = random.choice(("01-01", "02-29", "02-30", "12-31", "13-01", "6-1", "00-00"))
    hour = random.choice(("00:00", "23:59", "24:00", "12:60", "1:1"))
    part = random.choice(("", ".0", ".123456", ".1234567890", ".", "." + "9" * 5000, ",5"))
    zone = random.choice(
        ("Z", "z", "", "+00:00", "-00:00", "+23:59", "+24:00", "-99:99", "+09", "[Asia/Tokyo]")
    )
    return f"{year:04}-{day}{random.choice('Tt _')}{hour}:{second:02}{part}{zone}"


def identifier(random: Random, known: Sequence[str]) -> str:
    """Draw an id: one that is known, perhaps another organization's, or none at all."""
    kind = random.randrange(6)
    if kind < 3:
        return random.choice(known)
    one = random.choice(known)
    changed = (
        one + " ",
        "0" + one,
        one.upper(),
        one + "\0",
        one + "\u200b",
        one[:-1],
        one * 2,
        "%00",
    )
    return random.choice(changed) if kind == 3 else text(random)


def number(random: Random) -> str:
    """Draw how a number is written in JSON, or what somebody takes for one."""
    return random.choice(NUMBERS)


def _filled(draw: Callable[[], str], length: int) -> str:
    pieces: list[str] = []
    room = length
    while room > 0:
        pieces.append(draw())
        room -= len(pieces[-1])
    return "".join(pieces)[:length]


def _markup(random: Random) -> str:
    tag, odd = random.choice(TAGS), random.choice(CHARACTERS)
    return random.choice(
        (
            random.choice(SOUP),
            f"<{tag}>",
            f"</{tag}>",
            f"<{tag} {odd}={odd}>",
            f"<{tag}/>{odd}",
            "x",
        )
    )
