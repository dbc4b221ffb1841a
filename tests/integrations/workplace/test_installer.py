import pytest

from integrations.workplace.installer import WorkplaceInstaller


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://my.workplace.com/work/admin/", True),
        ("https://Acme-2.Workplace.com/", True),
        ("https://work.facebook.com/work/admin/", True),
        ("https://l.workplace.com/l.php?u=https://example.com/", False),
        ("https://lm.workplace.com/l.php?u=https://example.com/", False),
        ("https://www.facebook.com/somebody", False),
        ("https://l.facebook.com/l.php?u=https://example.com/", False),
        ("https://acme.facebook.com/", False),
        ("https://workplace.com/", True),
        ("http://my.workplace.com/", False),
        ("https://my.workplace.com:8443/", False),
        ("https://someone@my.workplace.com/", False),
        ("https://myworkplace.com/", False),
        ("https://my.workplace.com.example.com/", False),
        ("https://my.workplace.com\\@example.com/", False),
        ("https://x;sandbox;.workplace.com/", False),
        ("https://a,default-src.workplace.com/", False),
        ("https://例.workplace.com/", False),
        ("https://é.workplace.com/", False),
        ("https://.workplace.com/", False),
        ("https:///work", False),
        ("https://[", False),
    ],
)
def test_only_plainly_written_pages_of_workplace_are_its_own(settings, url, own):
    settings.WORKPLACE_WEB_URL = "https://work.workplace.com"
    assert WorkplaceInstaller().is_own_page(url) is own
