"""Every request to a page, by anybody, is answered, and never with a fault of ours."""

from random import Random

import pytest
from django.test import client

from accounts.models import Member
from config.http.charset import Utf8Request
from tests.config.portal_pages import keys_of
from tests.fuzz.pages import walk

SEED = 17
# How many requests by each; `make fuzz` goes on.
COUNTS = {"owner A": 250, "support": 100, "administrator": 150, "visitor": 80, "stranger": 60}


@pytest.mark.parametrize("who", COUNTS)
def test_no_page_fails_whatever_it_is_sent(portal, visitor, monkeypatch, who):
    # As the server makes them.
    monkeypatch.setattr(client, "WSGIRequest", Utf8Request)
    keys = keys_of(portal)
    if who == "visitor":
        browser = visitor(Member.objects.get(pk=keys["admin/accounts/member/"]))
    else:
        browser = portal.browser(who)
    found = list(walk(browser, Random(f"{SEED} {who}"), COUNTS[who], keys))
    assert [answer for answer in found if answer.status > 499] == []
    assert len(found) == COUNTS[who]
