"""`python -m emulators.telegram`: runs the stand-in until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys

from aiohttp import web

from emulators.telegram.floods import Limits
from emulators.telegram.server import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m emulators.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=8081, help="port on 127.0.0.1; 0 = any free one")
    parser.add_argument("--channel", action="append", help="a channel the bot may post to, as @name; may be repeated")
    parser.add_argument("--token", help="the bot's token; TRADEWIND_TELEGRAM_TOKEN when not given")
    parser.add_argument("--per-second", type=int, default=0, help="messages per second and chat; 0 = no limit")
    parser.add_argument("--per-minute", type=int, default=0, help="messages per minute and chat; 0 = no limit")
    parser.add_argument("--total-per-second", type=int, default=30, help="messages per second in all; 0 = no limit")
    options = parser.parse_args()
    token = options.token or os.environ.get("TRADEWIND_TELEGRAM_TOKEN")
    if not token:
        parser.error("expected the bot's token in TRADEWIND_TELEGRAM_TOKEN or --token, got none")
    limits = Limits(options.per_second, options.per_minute, options.total_per_second)
    server = Server(token, tuple(options.channel or ["@tradewind_demo"]), limits)
    try:
        asyncio.run(_serve(server, options.port))
    except OSError as error:
        sys.exit(f"telegram emulator: cannot listen on port {options.port}: {error.strerror}")


async def _serve(server: Server, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    # No access log: the token is part of every path.
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        address = runner.addresses[0]
        print(f"Telegram stand-in on http://localhost:{address[1]}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    main()
