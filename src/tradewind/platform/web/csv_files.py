"""CSV files as downloads (RFC 4180), sent while they are being read."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from typing import Any

from fastapi.responses import StreamingResponse

type Row = Sequence[str]

#: Of a route, for the API document.
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The file, streamed."}
}
#: Rows that are held in memory at a time.
_ROWS = 1000


async def one_by_one(rows: Iterable[Row]) -> AsyncIterator[Row]:
    """Rows that are there already, as `csv_answer` takes them."""
    for row in rows:
        yield row


def csv_answer(name: str, header: Row, rows: AsyncIterable[Row]) -> StreamingResponse:
    """The file `name`.csv as a download, sent while it is being read."""
    return StreamingResponse(
        _written(header, rows),
        media_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"},
    )


async def _written(header: Row, rows: AsyncIterable[Row]) -> AsyncIterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)  # its dialect is RFC 4180: CRLF, quotes where needed
    writer.writerow(header)
    count = 0
    async for row in rows:
        writer.writerow(row)
        count += 1
        if count % _ROWS == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
