"""Runs the sandbox: `python -m sandbox`."""

import asyncio
import signal
import sys

from aiohttp import web

from sandbox.app import Applications, build
from sandbox.settings import Settings


async def serve(settings: Settings) -> None:
    """Listen on both ports until the process is asked to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    applications = build(settings)
    runners = await _listen(applications, settings)
    state = applications.state
    sys.stdout.write(f"sandbox ready graph={state.graph_url} web={state.web_url}\n")
    sys.stdout.flush()
    await stop.wait()
    for runner in runners:
        await runner.cleanup()
    await state.close()


async def _listen(applications: Applications, settings: Settings) -> list[web.AppRunner]:
    graph, graph_url = await _open(applications.graph, settings.host, settings.graph_port)
    site, web_url = await _open(applications.web, settings.host, settings.web_port)
    applications.state.graph_url, applications.state.web_url = graph_url, web_url
    return [graph, site]


async def _open(app: web.Application, host: str, port: int) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    name, opened_port = runner.addresses[0][:2]
    return runner, f"http://{name}:{opened_port}"


if __name__ == "__main__":
    asyncio.run(serve(Settings.from_environment()))
