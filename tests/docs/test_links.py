"""Links that lead out of the documentation are few, and somebody has looked where they lead.

Nothing here asks the network: whoever adds a link looks at its page and writes down when.
"""

import re
from datetime import date

from tests.docs.test_tutorial import PAGES

# By address: when it was last looked at.
LOOKED_AT = {
    # By a stored copy of its page on signatures.
    "https://www.standardwebhooks.com/": date(2026, 11, 27),
}
# Addresses of nobody's, of this machine, and of ovice's own application.
_OURS = re.compile(
    r"https?://([\w.-]*\bexample\b|127\.0\.0\.1|localhost|app\.ovice\.com/ws/)|https?://\W"
)


def test_every_link_that_leads_out_is_listed_and_no_other():
    found = {
        address
        for page in PAGES
        for address in re.findall(r"https?://[^\s)>\"'`|]+", page.read_text())
        if not _OURS.match(address)
    }
    assert found == set(LOOKED_AT)
