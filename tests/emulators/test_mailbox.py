"""The stand-in for a mail server: takes mails, and shows them to this machine only."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import aiosmtplib
from aiohttp.test_utils import TestClient, TestServer

from emulators.mailbox.server import Mailbox


async def test_what_comes_by_smtp_is_shown_the_newest_first_and_to_this_machine_only() -> None:
    mailbox = Mailbox()
    smtp = await mailbox.listen(0)
    port = smtp.sockets[0].getsockname()[1]
    async with TestClient(TestServer(mailbox.app())) as client:
        for number in (1, 2):
            message = EmailMessage(policy=SMTP)
            message["Subject"], message["From"] = f"Письмо {number} <b>", "post@tradewind.example"
            message["To"] = f"{number}@tests.example"
            message.set_content("see https://trade.example/x#token")
            await aiosmtplib.send(message, hostname="127.0.0.1", port=port, start_tls=False)
        items = (await (await client.get("/api/mails")).json())["items"]
        assert [item["subject"] for item in items] == ["Письмо 2 <b>", "Письмо 1 <b>"]
        assert "https://trade.example/x#token" in items[0]["text"]
        only = (await (await client.get("/api/mails?to=1@tests.example")).json())["items"]
        assert [item["to"] for item in only] == ["1@tests.example"]
        page = await client.get("/")
        assert "Development only" in await page.text()
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert (await client.get("/", headers={"Host": "evil.example"})).status == 403
        assert (await client.delete("/api/mails")).status == 204
        assert (await (await client.get("/api/mails")).json())["items"] == []
    smtp.close()
