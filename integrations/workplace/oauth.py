"""OAuth: the code of an install dialog becomes the community's access token."""

from django.conf import settings

from integrations.workplace.client import GraphClient
from integrations.workplace.request import Call, Expected
from integrations.workplace.response import text_of

_TOKEN = Expected(fields=("access_token",), once=True)


def exchange_code(code: str, redirect_uri: str) -> str:
    """Return the access token of the install that ``code`` stands for.

    ``redirect_uri`` must be the one of the dialog, to the letter. A code works once, for 300
    seconds: ``CodeRejected`` and ``Unconfirmed`` both mean that the install starts over.
    """
    # The secret goes in the query because the platform documents this call in no other form.
    query = {
        "client_id": settings.WORKPLACE_APP_ID,
        "client_secret": settings.WORKPLACE_APP_SECRET,
        "redirect_uri": redirect_uri,
        "code": code,
    }
    call = Call("exchange_code", "GET", ("oauth", "access_token"), query, expected=_TOKEN)
    return text_of(GraphClient.nobody().call(call).body["access_token"])
