"""Takes the pictures of the README and of the docs: `make screenshots`.

It runs the demo's system in a temporary folder, acts on its pages as people would, and writes one
PNG for each picture beside this file. Every picture that some page shows is taken here.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from config.demo.ports import any_free_port
from config.demo.story import Cast, set_the_scene, texts_in_work_chat, work_chat_page
from config.demo.system import Ports, System

HERE = Path(__file__).parent
WIDE, HALF, NARROW = 900, 760, 420
TALLEST = 1100
COLOURS = 128
NAMES = {
    "demo-ovice",
    "demo-work-chat",
    "linking",
    "linking-narrow-dark-ja",
    "portal-connection",
    "portal-home",
    "sandbox-chat-narrow-dark",
    "sandbox-chat-wide",
    "sandbox-dashboard-narrow-dark",
    "sandbox-dashboard-wide",
    "sandbox-install",
    "sandbox-ovice-integrations",
    "sandbox-ovice-integrations-ja",
    "sandbox-ovice-organization",
    "sandbox-ovice-space",
    "sandbox-ovice-space-narrow-dark",
    "sandbox-token",
}
TEXTS = ("@Hanako Can you join room B?", "@Hanako 会議室Bに来られますか？")


class Studio:
    """A browser in front of a running demo."""

    def __init__(self, browser: Browser, system: System, cast: Cast) -> None:
        self.browser, self.system, self.cast = browser, system, cast
        self.taken: set[str] = set()

    @contextmanager
    def window(self, width: int, *, dark: bool = False, language: str = "en") -> Iterator[Page]:
        """Open a window of its own."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 740},
            locale=language,
            color_scheme="dark" if dark else "light",
        )
        yield context.new_page()
        context.close()

    def sandbox(self, path: str) -> str:
        """Return an address of the sandbox."""
        return self.system.sandbox_url + path

    def space(self, who: str, language: str = "en") -> str:
        """Return the address of the space, as ``who`` sees it."""
        return self.sandbox(f"/ovice/spaces/{self.cast.space}?as={who}&lang={language}")

    def settings(self, page: str, who: str, language: str = "en") -> str:
        """Return the address of a settings page of the organization."""
        root = f"/ovice/organizations/{self.cast.organization}"
        return self.sandbox(f"{root}/{page}?as={who}&lang={language}")

    def keep(self, page: Page, name: str) -> None:
        """Write a picture and note that it was taken."""
        _keep(page, name)
        self.taken.add(name)


def _keep(page: Page, name: str) -> None:
    """Write the picture of a page, no taller than somebody scrolls past."""
    page.wait_for_load_state()
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    width = page.viewport_size["width"] if page.viewport_size else WIDE
    path = HERE / f"{name}.png"
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    page.screenshot(path=path, full_page=True, clip=clip)  # type: ignore[arg-type] # a dict of its fields
    # Pages have few colours: a palette makes the file a third.
    with Image.open(path) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"  {path.name}  {path.stat().st_size // 1000} kB\n")


def demo(studio: Studio) -> None:
    """The README's two: what Taro writes, and what Hanako reads."""
    with studio.window(HALF) as page:
        page.goto(studio.space(studio.cast.sender))
        for text in (*TEXTS, "@all lunch at noon"):
            page.get_by_label("Your message").fill(text)
            page.get_by_role("button", name="Send").click()
            page.get_by_text(text, exact=True).first.wait_for()
        studio.system.children.wait_until(
            "the DMs",
            lambda: len(texts_in_work_chat(studio.system, studio.cast)) == len(TEXTS),
            seconds=30,
        )
        page.reload()
        studio.keep(page, "demo-ovice")
        page.goto(work_chat_page(studio.system, studio.cast))
        studio.keep(page, "demo-work-chat")


def chats(studio: Studio) -> None:
    """Work Chat and the space, wide and narrow."""
    for name, width, dark in (("wide", WIDE, False), ("narrow-dark", NARROW, True)):
        with studio.window(width, dark=dark) as page:
            page.goto(work_chat_page(studio.system, studio.cast))
            studio.keep(page, f"sandbox-chat-{name}")
    with studio.window(WIDE) as page:
        page.goto(studio.space(studio.cast.sender))
        studio.keep(page, "sandbox-ovice-space")
    with studio.window(NARROW, dark=True, language="ja") as page:
        page.goto(studio.space(studio.cast.recipient, "ja"))
        studio.keep(page, "sandbox-ovice-space-narrow-dark")


def dashboard(studio: Studio, community: str) -> None:
    """The company dashboard, a new integration, and the install dialog."""
    app = studio.system.control("POST", "workplace/apps", {"name": "Kotozute"})
    for name, width, dark in (("wide", WIDE, False), ("narrow-dark", NARROW, True)):
        with studio.window(width, dark=dark) as page:
            page.goto(studio.sandbox(f"/work/admin/{community}/"))
            studio.keep(page, f"sandbox-dashboard-{name}")
    with studio.window(HALF) as page:
        page.goto(studio.sandbox(f"/work/admin/{community}/"))
        page.get_by_text("Create custom integration").click()
        page.get_by_placeholder("ovice DM").fill("Second bot")
        page.get_by_label("Send messages to members").check()
        page.get_by_role("button", name="Create", exact=True).click()
        studio.keep(page, "sandbox-token")
        start = f"?app_id={app['app_id']}&started_here=1&community={community}"
        page.goto(studio.sandbox(f"/dialog/work/app_install/{start}"))
        studio.keep(page, "sandbox-install")


def settings(studio: Studio) -> None:
    """ovice's settings, and the pages of ours that their buttons open."""
    owner, hanako = studio.cast.sender, studio.cast.recipient
    with studio.window(WIDE) as page:
        page.goto(studio.settings("integrations", hanako))
        studio.keep(page, "sandbox-ovice-integrations")
        ours = opened(page, page.get_by_role("button", name="Linked"))
        ours.set_viewport_size({"width": HALF, "height": 740})
        studio.keep(ours, "linking")
    person = f"ovice/organizations/{studio.cast.organization}/people/{hanako}"
    studio.system.control("PATCH", person, {"locale": "ja_JP"})
    with studio.window(NARROW, dark=True, language="ja") as page:
        page.goto(studio.settings("integrations", hanako, "ja"))
        studio.keep(page, "sandbox-ovice-integrations-ja")
        ours = opened(page, page.locator("[data-part=workplace] button"))
        studio.keep(ours, "linking-narrow-dark-ja")
    with studio.window(WIDE) as page:
        page.goto(studio.settings("settings", owner))
        studio.keep(page, "sandbox-ovice-organization")
        ours = opened(page, page.get_by_role("button", name="Set up"))
        studio.keep(ours, "portal-connection")
        ours.goto(f"{studio.system.base_url}/admin/")
        studio.keep(ours, "portal-home")


def opened(page: Page, button: Locator) -> Page:
    """Press a button that opens a page of its own, and return that page."""
    with page.expect_popup() as found:
        button.click()
    found.value.wait_for_load_state()
    return found.value


def take(browser: Browser, system: System) -> None:
    """Set the scene and take every picture."""
    cast = set_the_scene(system)
    communities = system.control("GET", "workplace/communities")
    studio = Studio(browser, system, cast)
    demo(studio)
    chats(studio)
    settings(studio)
    dashboard(studio, str(communities["data"][0]["id"]))
    if studio.taken != NAMES:
        sys.exit(f"Not as listed: {', '.join(sorted(studio.taken ^ NAMES))}")


def main() -> None:
    """Run the demo's parts, take the pictures, and leave nothing running."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        sys.exit("Pictures need Chromium: apt-get install chromium fonts-noto-cjk")
    ports = Ports(any_free_port(), any_free_port(), any_free_port())
    with (
        tempfile.TemporaryDirectory(prefix="kotozute-") as folder,
        System(Path(folder), ports) as system,
        sync_playwright() as playwright,
    ):
        system.start_broker()
        system.start_sandbox()
        system.prepare()
        system.start_web()
        system.start_worker()
        system.start_beat()
        system.wait_until_ready()
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        take(browser, system)
        browser.close()


if __name__ == "__main__":
    main()
