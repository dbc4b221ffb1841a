"""Listing of a third-party app: details Workplace asked for before it was published (app details).

The texts are in English, as they were reviewed; the pages they lead to are in English and Japanese.
"""

from dataclasses import asdict, dataclass

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Listing:
    """One app's entry; addresses are whole."""

    name: str
    tagline: str
    description: str
    publisher: str
    icon: str
    marketing: str
    terms: str
    privacy: str
    support: str
    redirect: str
    deauthorize: str

    def fields(self) -> dict[str, str]:
        """Return the entry's fields by name, in the order of the form."""
        return asdict(self)


def listing() -> Listing:
    """Return the entry for the instance at ``BASE_URL``."""
    return Listing(
        name="Kotozute",
        tagline="Your ovice messages, in your Work Chat",
        description=(
            "Kotozute carries the direct messages you receive in the virtual office ovice to your"
            " own chat in Workplace. An owner connects the organization once; each member links"
            " their own account with one press, and can pause or unlink at any time. Nobody else"
            " sees your messages."
        ),
        publisher=settings.PUBLISHER,
        icon=_address(static("listing/icon.png")),
        marketing=_address(reverse("about")),
        terms=_address(reverse("terms")),
        privacy=_address(reverse("privacy")),
        support=_address(reverse("support")),
        redirect=_address(reverse("install_callback", kwargs={"target": "workplace"})),
        deauthorize=_address(reverse("workplace-deauthorize")),
    )


def _address(path: str) -> str:
    return f"{settings.BASE_URL}{path}"
