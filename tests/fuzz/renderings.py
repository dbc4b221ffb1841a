"""Texts of 8,000 characters on their way from an event to a chat: none raises, none takes long."""

from random import Random

from core.text import is_blank, one_line
from integrations.models import CopyShows
from integrations.workplace.layout import lay_out
from integrations.workplace.split import LIMIT, utf16_units
from messaging.delivery.content import Content, plain_text
from messaging.delivery.render import compose
from tests.fuzz import words
from tests.fuzz.stage import Stage
from tests.fuzz.watching import fault_of

LENGTH = 8_000


class Renderings:
    """One text, as plain text or as HTML, with names that are no better."""

    limit = 0.05

    def __init__(self, stage: Stage) -> None:
        self._watch = stage.watch

    def send(self, random: Random) -> int:
        """Render one text for a reader."""
        draw = words.text if random.random() < 0.7 else words.repeated
        text = draw(random, LENGTH)[:LENGTH]
        sender, space = words.text(random, 255), words.text(random, 255)
        form, locale = random.choice(("plain", "html")), random.choice(("en", "ja", "ko", "x"))
        shows = random.choice(list(CopyShows))
        told = f"{form} {text!r} from {sender!r} in {space!r} for {locale}, {shows}"

        def act() -> None:
            try:
                plain = plain_text(text, form)
                is_blank(plain)
                content = Content(one_line(sender), one_line(space), plain, 1, "")
                kept = Content.from_json(content.to_json())
                parts = lay_out(compose(kept, locale=locale, shows=shows))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                self._watch.note(
                    f"raised {fault_of((type(error), error, error.__traceback__))}", told
                )
                return
            if any(utf16_units(part) > LIMIT or is_blank(part) for part in parts):
                self._watch.note("a part is blank, or longer than the chat takes", told)

        self._watch.look(act, told, limit=self.limit)
        return 1
