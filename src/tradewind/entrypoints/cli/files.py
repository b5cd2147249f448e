"""Files that commands write: where they may be, and all or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import click


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


OUTPUT = _OutputFile()


def write_whole(path: Path, content: bytes | str) -> None:
    """All or nothing: what was cut short must not look like the whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
