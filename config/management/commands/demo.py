"""`manage.py demo`: the whole service on this machine, and one DM carried before your eyes."""

import signal
import sys
import tempfile
import threading
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.demo.children import ChildError, Interrupted
from config.demo.ports import choose_port
from config.demo.screen import say, step
from config.demo.story import TEXT, Cast, carry_one_dm, set_the_scene, work_chat_page
from config.demo.system import Ports, System

# Status by which a shell knows a program that ended by Ctrl-C.
INTERRUPTED = 130
WEB_PORT, SANDBOX_PORT, GRAPH_PORT = 8000, 8001, 8002


class Command(BaseCommand):
    """Run broker, database, sandbox, web, worker and beat until Ctrl-C."""

    help = "Run everything on this machine and carry one DM from the pretend ovice to Work Chat."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --once, for scripts."""
        parser.add_argument(
            "--once", action="store_true", help="stop as soon as the DM has arrived"
        )

        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be started, and where"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Start, tell the story, and stay; whatever happens, nothing is left behind."""
        if options["dry_run"]:
            _say_what_would_start()
            return
        asked = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: asked.set())
        try:
            with tempfile.TemporaryDirectory(prefix="kotozute-") as folder:
                self.run(Path(folder), asked, once=options["once"])
        except ChildError as error:
            raise CommandError(str(error)) from None
        except Interrupted:
            say("\nStopped before the DM had arrived; nothing is left running.")
            sys.exit(INTERRUPTED)

    def run(self, folder: Path, asked: threading.Event, *, once: bool) -> None:
        """Start every part, carry one DM, and stay unless ``once``."""
        say("Kotozute demo: a DM written in ovice arrives in Workplace.\n")
        with System(folder, _ports()) as system:
            # An exception raised by the handler itself could come between starting a child and
            # knowing of it; so it is looked at between two steps.
            system.children.stop_asked = asked
            _start(system)
            with step("connecting an organization, linking Hanako"):
                cast = set_the_scene(system)
            say(f"\nTaro writes to Hanako in ovice: “{TEXT}”")
            seconds = carry_one_dm(system, cast)
            say(f"Hanako reads it in Work Chat after {seconds:.2f} s.\n")
            if not once:
                _stay(system, cast)
        if not once:
            say("\nStopped; nothing is left running.")


def _ports() -> Ports:
    chosen = []
    for usual in (WEB_PORT, SANDBOX_PORT, GRAPH_PORT):
        port, remark = choose_port(usual)
        chosen.append(port)
        if remark:
            say(f"  {remark}")
    return Ports(*chosen)


def _say_what_would_start() -> None:
    ports = _ports()
    say("This would run, in a temporary folder that is deleted at the end:")
    say("  broker     an embedded Valkey on a socket of that folder")
    say("  database   an SQLite file in it")
    say(f"  sandbox    ovice and Work Chat on port {ports.sandbox}, the Graph API on {ports.graph}")
    say(f"  Kotozute   web on port {ports.web}, one worker, beat")
    say("Then an organization is connected, a member linked, and one DM carried.")


def _start(system: System) -> None:
    with step("broker (embedded Valkey) and sandbox"):
        system.start_broker()
        system.start_sandbox()
    with step("settings, database, style sheets"):
        system.prepare()
    with step("web, worker and beat"):
        system.start_web()
        system.start_worker()
        system.start_beat()
        system.wait_until_ready()


def _stay(system: System, cast: Cast) -> None:
    """Say what to open, and wait until somebody presses Ctrl-C or a part dies."""
    say("Open these side by side and write your own:")
    say(f"  ovice      {system.sandbox_url}/ovice/spaces/{cast.space}?as={cast.sender}")
    say(f"  Work Chat  {work_chat_page(system, cast)}")
    say(f"  Kotozute   {system.base_url}/")
    say("\nPress Ctrl-C to stop.")
    asked = system.children.stop_asked
    while not asked.wait(0.5):
        with suppress(Interrupted):
            system.children.check()
