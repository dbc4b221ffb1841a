"""Lint of words: first words of sentences everywhere, near-synonyms in the product.

One thing has one name: data that was removed is *purged*, a chat platform is a *target*, and a time
ends in ``_at`` (or in ``_until``, where a period ends).
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house import APPS, ROOT, beginnings, prose, python_files, sentences

MOST_WITHOUT_NOUN = 0.002
BANNED = {
    "purge": re.compile(r"prun(?:e|ed|es|ing)|clean(?:ed|s|ing)?(?:_?up)?|trim(?:med|s|ming)?"),
    "target": re.compile(r"providers?|backends?|channels?"),
}
# Word → the place that may use it ("" for all) and the reason.
ALLOWED = {
    "clean": ("", "Django's hook of a form and a model; `core.text.clean` mends a text, no row"),
    "cleaned": ("accounts/admin/", "the data of a form, as Django says"),
    "trimmed": ("integrations/", "credentials without the blanks around a pasted token"),
    "provider": ("config/observability/tracing.py", "OpenTelemetry's name of its entrance"),
    "channel": ("config/redis/broker.py", "AMQP's and kombu's name of a part of a connection"),
    "backend": ("config/settings.py", "Django's name of its settings for mail and sign-in"),
}


def words_of(name: str) -> list[str]:
    """Return the words of an identifier or of a sentence, in small letters."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return re.findall(r"[a-z]+", re.sub(r"\b(clean\w*)[ _]up\b", r"\1up", apart))


def names(tree: ast.Module) -> Iterator[str]:
    """Yield every name that a module defines: classes, functions, arguments and variables."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name


def near_synonyms(place: str, said: str) -> Iterator[str]:
    """Yield an offence for each banned word of an identifier or a sentence at ``place``."""
    for word in words_of(said):
        for instead, banned in BANNED.items():
            where, _ = ALLOWED.get(word.rstrip("s"), (None, ""))
            if banned.fullmatch(word) and (where is None or not place.startswith(where)):
                yield f"{place}: {word!r} in {said!r}: say {instead}"


def times(place: str, tree: ast.Module) -> Iterator[str]:
    """Yield an offence for each column with a time whose name does not say so."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Attribute(value=ast.Name("models"), attr="DateTimeField")),
            ) if not name.endswith(("_at", "_until")):
                yield f"{place}: the time {name!r} does not end in _at"


def offences(path: Path, root: Path = ROOT) -> list[str]:
    """Return the near-synonyms and the misnamed times of one module of the product."""
    tree, place = ast.parse(path.read_text()), path.relative_to(root).as_posix()
    said = [*dict.fromkeys(names(tree)), *prose(path)]
    return [line for text in said for line in near_synonyms(place, text)] + [*times(place, tree)]


def without_noun(said: list[str]) -> list[str]:
    """Return the sentences that begin with no noun, if they are more than a few among all."""
    found = beginnings(said)
    return found if len(found) > MOST_WITHOUT_NOUN * len(said) else []


def main() -> int:
    """Print every offence; return 1 where there was one."""
    found = [f"no noun first: {sentence}" for sentence in without_noun(sentences())]
    found += [line for path in python_files(*APPS) for line in offences(path)]
    sys.stdout.writelines(f"{line}\n" for line in found)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
