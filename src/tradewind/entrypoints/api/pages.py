"""What browsers get: the dashboard (a single-page application), the API's document and its reader. All self-hosted."""

from __future__ import annotations

from html import escape
from pathlib import Path

import orjson
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from tradewind.platform.settings import Settings
from tradewind.platform.web.answers import problem_answer
from tradewind.platform.web.errors import ErrorCode, problem

DOCUMENT_PATH = "/api/openapi.json"
DOCS_PATH = "/api/docs"

#: Built files whose names change with their content.
_HASHED = "/assets/"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
#: Nothing at or below these is a page of the dashboard.
_NOT_PAGES = frozenset({"api", "ws", "assets"})
#: Bytes; a smaller file goes in one packet anyway.
_WORTH_PACKING = 1400
_NUMERIC_HOST = "127.0.0.1"


def serve(app: FastAPI, settings: Settings) -> None:
    """Add the pages to `app`: the dashboard is whatever no route is."""
    folder = settings.dashboard_dir or _checkout_folder()

    async def document(_request: Request) -> Response:
        return Response(orjson.dumps(app.openapi()), media_type="application/json")

    async def docs(_request: Request) -> Response:
        return HTMLResponse(_swagger() if (folder / "swagger").is_dir() else _plain_docs(app))

    app.router.routes.append(Route(DOCUMENT_PATH, document, name="get_openapi"))

    async def start(_request: Request) -> Response:
        return Response(_START, media_type="text/javascript")

    app.router.routes.append(Route(DOCS_PATH, docs, name="get_docs"))
    app.router.routes.append(Route(f"{DOCS_PATH}/start.js", start, name="start_docs"))
    app.router.default = GZipMiddleware(_Dashboard(folder, settings), minimum_size=_WORTH_PACKING, compresslevel=6)


def _checkout_folder() -> Path:
    """Where set-up builds the dashboard: beside the package's source."""
    return Path(__file__).parents[4] / "web" / "dist"


class _Dashboard:
    """The files of the built dashboard; its index for every address that only the application itself can read."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._files = StaticFiles(directory=folder, check_dir=False)
        self._index = folder / "index.html"
        self._port = settings.port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 4404})
            return
        await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        request = Request(scope)
        path: str = scope["path"]
        if request.method not in ("GET", "HEAD"):
            return _nothing_at(scope)
        is_page = path.lstrip("/").partition("/")[0] not in _NOT_PAGES
        wants_page = is_page and "text/html" in request.headers.get("accept", "")
        if wants_page and request.url.hostname == _NUMERIC_HOST:
            # Passkeys and cookies belong to a name; a number has neither.
            return RedirectResponse(str(request.url.replace(hostname="localhost")), 307)
        name = path.lstrip("/")
        if name:
            try:
                answer = await self._files.get_response(name, scope)
            except HTTPException:
                pass
            else:
                answer.headers["cache-control"] = _FOR_EVER if path.startswith(_HASHED) else _ASK_AGAIN
                return answer
        if not wants_page and path != "/":
            return _nothing_at(scope)
        if not self._index.is_file():
            return HTMLResponse(_NOT_BUILT)
        answer = await self._files.get_response("index.html", scope)
        answer.headers["cache-control"] = _ASK_AGAIN
        return answer


def _nothing_at(scope: Scope) -> Response:
    return problem_answer(scope, problem(ErrorCode.NOT_FOUND, f"nothing is at {scope['path']}"))


_NOT_BUILT = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tradewind</title></head>
<body><h1>Tradewind</h1>
<p>The API is running, but its dashboard has not been built: run <code>make setup</code>.</p>
<p><a href="{DOCS_PATH}">API documentation</a></p></body></html>
"""


def _swagger() -> str:
    """Swagger UI from the dashboard's own files; nothing comes from elsewhere and no script stands in the page."""
    return """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tradewind API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/swagger/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/swagger/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script></body></html>
"""


_START = f"""window.addEventListener("load", () => {{
  SwaggerUIBundle({{ url: "{DOCUMENT_PATH}", dom_id: "#swagger-ui", deepLinking: true }});
}});
"""


def _plain_docs(app: FastAPI) -> str:
    """Every operation in a table: what there is to read before the dashboard is built."""
    rows = []
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            words = escape(operation.get("description", operation.get("summary", "")))
            rows.append(
                f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td><td>{words}</td></tr>"
            )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tradewind API</title></head>
<body><h1>Tradewind API</h1><p><a href="{DOCUMENT_PATH}">OpenAPI document</a></p>
<table><thead><tr><th>Method</th><th>Path</th><th>What it does</th></tr></thead>
<tbody>{"".join(rows)}</tbody></table></body></html>
"""
