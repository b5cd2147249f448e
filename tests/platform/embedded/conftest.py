"""Data folders for embedded servers, in places that the account that runs them can and cannot reach."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tradewind.platform.embedded import ClusterPlace, DataFolder, EmbeddedServers, temporary_servers

DEADLINE = 20.0  # seconds; generous, for machines that are busy with other tests


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every account can reach; pytest's own are private."""
    path = Path(tempfile.mkdtemp(prefix="tradewind-test-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder to be, where every account can reach it."""
    with open_folder() as parent:
        yield parent / "data"


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Path]:
    """A folder of mode 0700 for data folders."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    yield private
    for folder in private.iterdir():
        ClusterPlace(DataFolder(folder)).remove()


@pytest.fixture(scope="module")
def servers() -> Iterator[EmbeddedServers]:
    """Running servers for tests that leave them as they were."""
    with temporary_servers(durable=True) as servers:
        yield servers


@pytest.fixture
def holding() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Starts another process that runs the servers of a data folder until it is killed."""
    started = []
    script = """
        import sys
        from pathlib import Path
        from tradewind.platform.embedded import embedded_servers

        with embedded_servers(Path(sys.argv[1]), durable=False):
            print("running", flush=True)
            sys.stdin.read()
        """

    def start(data: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script), str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Waits until a condition holds; fails if it does not in time."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)

    return wait
