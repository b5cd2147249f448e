"""What browsers and operators get: the dashboard, the docs, the probes."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from yarl import URL

from tests.support.http import Api
from tests.support.market import TestMarket
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings

PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def dashboard(settings: Settings) -> Path:
    """A dashboard that has been built."""
    folder = settings.dashboard_dir
    assert folder is not None
    (folder / "assets").mkdir(parents=True)
    (folder / "swagger").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Dashboard</title>")
    (folder / "assets" / "index-abc123.js").write_text("export {}")
    (folder / "manifest.webmanifest").write_text("{}")
    (folder / "swagger" / "swagger-ui.css").write_text("")
    (folder.parent / "secret.txt").write_text("hunter2")
    return folder


async def page(api: Api, path: str) -> str:
    """A page as a browser at http://localhost gets it."""
    answer = await api.client().get(path, headers={**PAGE, "Host": f"localhost:{api.settings.port}"})
    assert answer.status == 200, path
    return answer.raw.decode()


async def test_every_address_of_the_application_is_its_index(dashboard: Path, own_api: Api) -> None:
    for path in ("/", "/signals", "/positions/closed?page=2", "/some.symbol"):
        assert "<title>Dashboard</title>" in await page(own_api, path), path


async def test_built_files_are_kept_for_ever_and_the_index_is_not(dashboard: Path, own_api: Api) -> None:
    client = own_api.client()
    asset = await client.get("/assets/index-abc123.js")
    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert asset.headers["Content-Type"].startswith("text/javascript")
    for path, headers in (("/manifest.webmanifest", {}), ("/", {**PAGE, "Host": "localhost"})):
        answer = await client.get(path, headers=headers)
        assert answer.headers["Cache-Control"] == "no-cache", path
    again = await client.get("/assets/index-abc123.js", headers={"If-None-Match": asset.headers["ETag"]})
    assert again.status == 304


async def test_the_front_page_is_for_programs_too(dashboard: Path, own_api: Api) -> None:
    """Those that look whether it is up, or make a preview of it, do not ask for HTML by name."""
    for method in ("GET", "HEAD"):
        answer = await own_api.client().request(method, "/", headers={"Accept": "*/*"})
        assert answer.status == 200, method
        assert answer.headers["Content-Type"].startswith("text/html")


async def test_files_are_packed_where_it_helps(dashboard: Path, own_api: Api) -> None:
    script = "export const word = 'again and again';\n" * 1000
    (dashboard / "assets" / "large-abc123.js").write_text(script)
    (dashboard / "assets" / "font-abc123.woff2").write_bytes(b"\0" * 5000)
    client = own_api.client()
    packed = await client.get("/assets/large-abc123.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert int(packed.headers["Content-Length"]) < len(script) / 10
    assert packed.raw.decode() == script, "as the client unpacked it"
    for path in ("/assets/index-abc123.js", "/assets/font-abc123.woff2"):
        plain = await client.get(path, headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in plain.headers, path


@pytest.mark.parametrize(
    "path", ["/assets/../../secret.txt", "/..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "//secret.txt"]
)
async def test_only_the_dashboards_own_files_are_served(dashboard: Path, own_api: Api, path: str) -> None:
    answer = await own_api.client().http.get(URL(own_api.base + path, encoded=True))
    assert "hunter2" not in await answer.text()
    assert answer.status == 404


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/assets/gone.js", "/api/nothing", "/api", "/ws", "/assets"])
async def test_what_is_no_page_is_a_problem_even_for_a_browser(dashboard: Path, own_api: Api, path: str) -> None:
    answer = await own_api.client().get(path, headers={**PAGE, "Host": "localhost"})
    assert (answer.status, answer.code) == (404, "not_found")
    answer = await own_api.client().post("/signals")
    assert (answer.status, answer.code) == (404, "not_found")


async def test_a_browser_that_asks_by_number_is_sent_to_the_name(dashboard: Path, own_api: Api) -> None:
    client, port = own_api.client(), own_api.settings.port
    answer = await client.get("/signals?page=2", headers=PAGE)
    assert answer.status == 307
    assert answer.headers["Location"] == f"http://localhost:{port}/signals?page=2"
    for path, headers in (("/healthz", PAGE), ("/api/v1/user/me", PAGE), ("/assets/index-abc123.js", {})):
        assert (await client.get(path, headers=headers)).status != 307, "programs are not"


async def test_a_dashboard_that_is_not_built_says_so(own_api: Api) -> None:
    text_of_page = await page(own_api, "/")
    assert "make setup" in text_of_page
    assert "/api/docs" in text_of_page


async def test_the_docs_bring_nothing_from_elsewhere(dashboard: Path, own_api: Api) -> None:
    swagger = await page(own_api, "/api/docs")
    assert "/swagger/swagger-ui-bundle.js" in swagger
    start = await own_api.client().get("/api/docs/start.js")
    assert start.headers["Content-Type"].startswith("text/javascript")
    assert "/api/openapi.json" in start.raw.decode()
    assert "http://" not in swagger
    assert "https://" not in swagger
    assert "<script>" not in swagger, "the policy allows no script in the page"


async def test_without_built_files_the_docs_are_a_table(api: Api) -> None:
    docs = await page(api, "/api/docs")
    assert "/api/openapi.json" in docs
    assert "/api/v1/signals/{signal_id}/execute" in docs
    document = await api.client().get("/api/openapi.json")
    assert document.headers["Content-Type"] == "application/json"
    assert document.json["openapi"].startswith("3.1")


# -------------------------------------------------------------------------------------------------------------- probes


async def test_alive_is_not_yet_ready(own_api: Api) -> None:
    client = own_api.client()
    assert (await client.get("/healthz")).json == {"status": "ok"}
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert answer.json == {
        "status": "not_ready",
        "checks": {"database": "ok", "broker": "ok", "engine": "has not begun"},
    }


async def test_ready_with_an_engine_that_works(
    own_api: Api, market: TestMarket, system_database: Database, settings: Settings
) -> None:
    client = own_api.client()
    answer = await client.get("/readyz")
    assert (answer.status, answer.json["status"]) == (200, "ready")
    async with system_database.writing() as session:
        await session.execute(text("update engine_states set updated_at = now() - interval '20 seconds'"))
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert answer.json["checks"]["engine"].startswith("silent for 2")


async def test_not_ready_with_a_schema_of_another_version(own_api: Api, market: TestMarket, settings: Settings) -> None:
    owner = await asyncpg.connect(settings.database_url)
    current = await owner.fetchval("select version_num from alembic_version")
    await owner.execute("update alembic_version set version_num = '0001'")
    answer = await own_api.client().get("/readyz")
    await owner.execute("update alembic_version set version_num = $1", current)
    await owner.close()
    assert answer.status == 503
    assert "tradewind migrate" in answer.json["checks"]["database"]


async def test_not_ready_without_a_broker(own_api: Api, market: TestMarket, broker: Redis) -> None:
    there = own_api.parts[Redis]
    own_api.parts.add(Redis, Redis.from_url("redis://127.0.0.1:1"))
    answer = await own_api.client().get("/readyz")
    own_api.parts.add(Redis, there)
    assert answer.status == 503
    assert answer.json["checks"]["broker"] == "unreachable"
    assert answer.json["checks"]["database"] == "ok"
