"""Focus on a page without a mouse: its stops by Tab, and how each is shown.

Tab is really pressed, since a browser shows the focus of keys otherwise than that of a script.
"""

from typing import Any

from playwright.sync_api import Page

# The parts of a date or a time are stops of their own.
_MORE_STOPS = 8
_PREPARE = """() => {
    // Some pages begin with the focus in a field.
    document.activeElement?.blur()
    const stops = "a[href], button, input, select, textarea, summary, [tabindex]"
    const seen = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow"]
    const look = one => {
        const style = getComputedStyle(one)
        return Object.fromEntries(seen.map(name => [name, style[name]]))
    }
    const isChosen = one => {
        if (one.type !== "radio") return true
        const group = [...document.getElementsByName(one.name)].filter(it => it.form === one.form)
        return one === (group.find(it => it.checked) || group[0])
    }
    const all = [...document.querySelectorAll(stops)].filter(one =>
        one.tabIndex >= 0 && !one.disabled && one.type !== "hidden" && one.checkVisibility()
        && one.checkVisibility({visibilityProperty: true}) && isChosen(one))
    const before = new Map(all.map(one => [one, look(one)]))
    const came = []
    addEventListener("focusin", ({target}) => came.push({
        place: all.indexOf(target),
        html: target.cloneNode(false).outerHTML,
        before: before.get(target) || {},
        after: look(target),
        inView: target.getBoundingClientRect().bottom > 0
            && target.getBoundingClientRect().top < innerHeight,
    }), true)
    window.stops = {all: all.map(one => one.cloneNode(false).outerHTML), came}
    // Begin where a fresh page begins.
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute("tabindex")
    came.length = 0
    return window.stops.all.length
}"""


def lost_by_keys(page: Page) -> list[str]:
    """Press Tab through the whole page; return what cannot be reached, or not be seen when it is.

    The stops have to come in the order of the document, and to end.
    """
    number: int = page.evaluate(_PREPARE)
    came: list[dict[str, Any]] = []
    for _part in range(_MORE_STOPS):
        for _stop in range(number - len(came)):
            page.keyboard.press("Tab")
        came = page.evaluate("window.stops.came")
        if not number or any(stop["place"] == number - 1 for stop in came):
            break
    names: list[str] = page.evaluate("window.stops.all")
    reached = [stop["place"] for stop in came]
    lost = [f"no stop of Tab: {name}" for i, name in enumerate(names) if i not in reached]
    astray = [f"out of order: {came[i]['html']}" for i in _falls(reached)]
    unseen = [f"focus unseen: {stop['html']}" for stop in came if not _is_shown(stop)]
    return [*lost, *astray, *unseen]


def _falls(reached: list[int]) -> list[int]:
    """Return where a stop comes after one that stands below it, until the page begins anew."""
    falls, seen, last = [], set[int](), -1
    for i, place in enumerate(reached):
        if place in seen and place != last:
            break
        if 0 <= place < last:
            falls.append(i)
        if place >= 0:
            seen.add(place)
            last = place
    return falls


def _is_shown(stop: dict[str, Any]) -> bool:
    """Tell whether the focus shows: a ring of two pixels that was not there before, in view."""
    before, after = stop["before"], stop["after"]
    ringed = after["outlineStyle"] != "none" and float(after["outlineWidth"].strip("px")) >= 2
    shadowed = after["boxShadow"] != "none"
    return bool(stop["inView"]) and before != after and (ringed or shadowed)
