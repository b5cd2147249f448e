"""What several commands take: moments, and files to write."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click


class _Moment(click.ParamType[datetime]):
    """A date or time, UTC unless it says otherwise."""

    name = "DATE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"expected a date or time such as 2024-03-01 or 2024-03-01T12:00, got {value}", param, ctx)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class _OutputFile(click.ParamType[Path]):
    """A file to be written, in a folder that is there: said before any work is done."""

    name = "FILE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(str(value))
        if path.is_dir():
            self.fail(f"expected a file to write, got the folder {path}", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"expected a folder that exists, got {path.parent}", param, ctx)
        return path


MOMENT = _Moment()
OUTPUT = _OutputFile()


def write_whole(path: Path, content: bytes | str) -> None:
    """All or nothing: what was cut short must not look like the whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        sys.exit(f"tradewind: expected to write {path}, got: {error.strerror}; free some space or name another file")
