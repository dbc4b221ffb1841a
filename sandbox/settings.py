"""Settings of one run of the sandbox, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Settings:
    """Where the sandbox listens, which relay it talks to and how much it remembers.

    A port of 0 means any free one. `keep` bounds calls, messages and webhook attempts, each.
    """

    host: str = "127.0.0.1"
    graph_port: int = 8002
    web_port: int = 8001
    relay_url: str = "http://127.0.0.1:8000"
    keep: int = 2000

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; a number that is none raises ValueError with the variable's name."""
        return cls(
            host=environ.get("SANDBOX_HOST", cls.host),
            graph_port=_number(environ, "SANDBOX_GRAPH_PORT", cls.graph_port),
            web_port=_number(environ, "SANDBOX_WEB_PORT", cls.web_port),
            relay_url=environ.get("KOTOZUTE_URL", cls.relay_url).rstrip("/"),
            keep=_number(environ, "SANDBOX_KEEP", cls.keep),
        )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise ValueError(f"{name} must be a whole number of 0 or more, not {text!r}")
    return int(text)
