"""`python -m emulators.mailbox`: runs the stand-in until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from aiohttp import web

from emulators.mailbox.server import Mailbox


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m emulators.mailbox", description=__doc__)
    parser.add_argument("--smtp-port", type=int, default=1025, help="SMTP port on 127.0.0.1; 0 = any free one")
    parser.add_argument("--port", type=int, default=8025, help="HTTP port on 127.0.0.1; 0 = any free one")
    options = parser.parse_args()
    try:
        asyncio.run(_serve(options.smtp_port, options.port))
    except OSError as error:
        sys.exit(f"mailbox emulator: cannot listen on ports {options.smtp_port} and {options.port}: {error.strerror}")


async def _serve(smtp_port: int, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    mailbox = Mailbox()
    runner = web.AppRunner(mailbox.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    smtp = None
    try:
        smtp = await mailbox.listen(smtp_port)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        address = runner.addresses[0]
        print(f"mails are shown on http://localhost:{address[1]}", flush=True)
        await stop.wait()
    finally:
        if smtp is not None:
            smtp.close()
        await runner.cleanup()


if __name__ == "__main__":
    main()
