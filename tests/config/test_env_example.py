import re

from django.conf import settings


def variables(pattern: str, *path: str) -> set[str]:
    text = (settings.BASE_DIR.joinpath(*path)).read_text()
    return set(re.findall(pattern, text, re.MULTILINE))


def test_every_variable_is_explained_and_every_explained_one_is_read():
    read = variables(r"(?:env\.\w+|words)\(\s*\"([A-Z_]+)\"", "config", "settings.py")
    explained = variables(r"^#?([A-Z_]+)=", ".env.example")
    assert explained == read - {"ENV_FILE"}
