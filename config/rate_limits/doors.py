"""Rate limits: every public path, and how often it may be called without a proof.

Requests proven by a signature or a key are never counted: only those their view has refused are. A
path that is listed nowhere is treated like a page, and a test asks for its line here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponseBase

from integrations.targets.port import TARGETS


@dataclass(frozen=True, slots=True)
class Pages:
    """Requests a minute from one network, and from one person who is signed in or visiting."""

    strangers: int = 240
    people: int = 1200


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose view proves each request first: so many refusals a minute are told to one network.

    Beyond them a refusal is a 429 that says no more than that; what is proven is still served.
    """

    refused: Callable[[HttpResponseBase], bool]
    amount: int = 120
    # Whether people see the answer, or programs.
    for_people: bool = False


@dataclass(frozen=True, slots=True)
class Unlimited:
    """Never counted, for a reason."""

    because: str


Door = Pages | Proven | Unlimited


def _statuses(*statuses: int) -> Callable[[HttpResponseBase], bool]:
    return lambda answer: answer.status_code in statuses


def _launch_refused(answer: HttpResponseBase) -> bool:
    """Whether a launch let nobody in; a token in the address is first led away from it."""
    return answer.status_code == 400 or answer.headers.get("Location") == "/launch"  # noqa: PLR2004 - HTTP


_UNSIGNED = Proven(_statuses(401))
_OPERATORS = "asked by what watches this instance, which would stop an instance it cannot ask"

# By the beginning of the route; the longest that fits counts. "" is the front page alone.
DOORS: dict[str, Door] = {
    "": Pages(),
    "about/": Pages(),
    "terms/": Pages(),
    "privacy/": Pages(),
    "support/": Pages(),
    "language": Pages(),
    "favicon.ico": Pages(),
    "healthz": Unlimited(_OPERATORS),
    "readyz": Unlimited(_OPERATORS),
    "metrics": Pages(strangers=600),
    # Codes of removals cannot be guessed; nobody has to be let try.
    "removal/": Pages(strangers=60),
    "launch": Proven(_launch_refused, amount=60, for_people=True),
    "link/": Pages(),
    # Codes by mail and second factors have limits of their own, by address and by user.
    "account/": Pages(),
    "admin/": Pages(),
    "v1/docs": Pages(),
    "v1/openapi.json": Pages(),
    "v1/ovice/events": _UNSIGNED,
    "v1/organizations/": _UNSIGNED,
}
for _target in TARGETS:
    DOORS |= {
        # Paths that the target itself calls: its webhooks, and those its own folder serves.
        f"{_target}/": Proven(_statuses(400, 401, 403)),
        f"{_target}/install": Pages(),
        # Installing has a stricter limit of its own.
        f"{_target}/callback": Pages(),
    }


def is_for_people(door: Door) -> bool:
    """Tell whether people see what is behind it, or programs."""
    return isinstance(door, Pages) or (isinstance(door, Proven) and door.for_people)


def start_of(route: str) -> str | None:
    """Return the line of ``DOORS`` for a route as Django spells it; None where there is none."""
    fitting = [start for start in DOORS if (route.startswith(start) if start else not route)]
    return max(fitting, key=len, default=None)
