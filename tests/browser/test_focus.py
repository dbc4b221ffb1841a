"""That a page which loses somebody without a mouse is noticed."""

from playwright.sync_api import Browser

from tests.browser.focus import lost_by_keys

PAGE = """<!doctype html><style>:focus-visible {{ outline: 3px solid red }} {style}</style>
<a href="#">one</a> <button {two}>two</button> <input value="three"> <a href="#">four</a>"""


def lost(chromium: Browser, *, style: str = "", two: str = "", script: str = "1") -> list[str]:
    page = chromium.new_page()
    page.set_content(PAGE.format(style=style, two=two))
    page.evaluate(script)
    found = lost_by_keys(page)
    page.close()
    return found


def test_a_page_in_order_loses_nobody(chromium):
    assert lost(chromium) == []


def test_a_stop_without_a_ring_or_with_a_thin_one_is_named(chromium):
    for style in (
        "button { outline: none !important }",
        "button { outline-width: 1px !important }",
    ):
        assert [one.partition(":")[0] for one in lost(chromium, style=style)] == ["focus unseen"]


def test_a_stop_out_of_order_is_named(chromium):
    found = lost(chromium, two='tabindex="1"')
    assert any("two" in one or "tabindex" in one for one in found), found


def test_a_trap_is_named_by_what_lies_behind_it(chromium):
    trap = "document.querySelector('input').onkeydown = event => event.preventDefault(); 1"
    assert [one.partition(":")[0] for one in lost(chromium, script=trap)] == ["no stop of Tab"]
