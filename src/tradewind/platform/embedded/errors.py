"""Why the embedded servers cannot start. Each message is one line that says what is wrong and what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class EmbeddedError(Exception):
    """Something about the embedded servers or their data folder is wrong."""


class PortTakenError(EmbeddedError):
    """Another process listens on the wanted TCP port."""


class DiskFullError(EmbeddedError):
    """There is not enough free space to start."""


class NewerDataError(EmbeddedError):
    """The data folder was written by another version of Tradewind than this one can read."""


class NotWritableError(EmbeddedError):
    """The data folder cannot be written by this user."""


class LockedError(EmbeddedError):
    """Another Tradewind process uses the data folder."""


class ServerFailedError(EmbeddedError):
    """A server did not start, or refused what it was told."""


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn the operating system's refusals while working in `folder` into errors that say what to do."""
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(folder) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT):
            raise NotWritableError(
                f"data folder {folder} is not writable ({where}: {error.strerror}); "
                "give another one with --data or run as the user who owns it"
            ) from error
        raise


def disk_full(folder: Path) -> DiskFullError:
    """The error for a disk that filled up while working in `folder`."""
    return DiskFullError(f"disk full: no space left for {folder}; free some and start again")
