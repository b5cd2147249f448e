"""`tradewind up` with real servers and stand-ins for the services, as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from tradewind.entrypoints.cli import main
from tradewind.platform.embedded import DataFolder, embedded_servers, free_port, running_servers

DEADLINE = 30.0  # seconds; generous, for machines that are busy with other tests

# Takes the place of the `tradewind` package for the services only; the rest is the real one.
STAND_IN = {
    "__init__.py": """
        import pkgutil
        __path__ = pkgutil.extend_path(__path__, __name__)
        __version__ = "stand-in"
        """,
    "__main__.py": """
        import json, os, sys, time
        from http.server import BaseHTTPRequestHandler, HTTPServer
        from pathlib import Path

        name = sys.argv[1]
        data = Path(os.environ.get("TRADEWIND_DATA", "."))
        if name == "up":
            from tradewind.entrypoints.cli import main
            main(prog_name="tradewind")
        if "--check" in sys.argv:
            sys.exit(0)
        (data / f"{name}.new").write_text(json.dumps({"argv": sys.argv, "env": dict(os.environ)}))
        (data / f"{name}.new").rename(data / f"{name}.json")
        behaviour = os.environ.get("STAND_IN_" + name.upper(), "")
        print(f"{name} says hello")
        if behaviour:
            print(f"{name} gives up", file=sys.stderr)
            sys.exit(int(behaviour))
        if name == "seed":
            login = data / "demo-login.txt"
            if not login.exists():
                login.write_text("password: correct horse\\n")
        elif name == "api":
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self):
                    others = all((data / f"{other}.json").exists() for other in ("engine", "worker", "beat"))
                    self.send_response(200 if self.path == "/readyz" and others else 503)
                    self.end_headers()
                def log_message(self, *_):
                    pass
            HTTPServer(("127.0.0.1", int(os.environ["TRADEWIND_PORT"])), Handler).serve_forever()
        elif name != "migrate":
            time.sleep(600)
        """,
}


class Up:
    """A running `tradewind up` and what it printed so far."""

    def __init__(self, process: subprocess.Popen[str], data: Path, port: int) -> None:
        self.process = process
        self.data = data
        self.port = port
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def until(self, words: str) -> None:
        wait_until(lambda: words in self.text or self.process.poll() is not None)
        assert words in self.text, self.text

    def end(self) -> int:
        """Wait for the end; the exit code."""
        code = self.process.wait(DEADLINE)
        self._reader.join()
        return code

    def environment_of(self, name: str) -> dict[str, str]:
        env: dict[str, str] = json.loads((self.data / f"{name}.json").read_text())["env"]
        return env

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


type Start = Callable[..., Up]


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def stand_in_package() -> Iterator[Path]:
    # Not pytest's own folder, which is private: root's servers would be put elsewhere.
    folder = Path(tempfile.mkdtemp(prefix="tradewind-test-"))
    folder.chmod(0o755)
    (folder / "site" / "tradewind").mkdir(parents=True)
    for name, source in STAND_IN.items():
        (folder / "site" / "tradewind" / name).write_text(textwrap.dedent(source))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    with stand_in_package() as folder:
        yield folder


@pytest.fixture
def up(folder: Path) -> Iterator[Start]:
    """Starts `tradewind up` with these options, and settings as keywords, in `folder`."""
    started: list[Up] = []

    def start(*options: str, port: int | None = None, wrapper: tuple[str, ...] = (), **settings: str) -> Up:
        port = port or free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRADEWIND_")}
        process = subprocess.Popen(
            [*wrapper, sys.executable, "-m", "tradewind", "up", "--port", str(port), *options],
            env={**inherited, "PYTHONPATH": str(folder / "site"), **settings},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(Up(process, folder / ".tradewind" / "simulated", port))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.end()


def test_everything_starts_says_where_it_is_and_stops(up: Start) -> None:
    first = up("--symbols", "BTCUSDT", "--seed", "7")
    first.until("Ctrl-C stops everything")
    text = first.text
    assert f"http://localhost:{first.port}" in text
    assert "demo@tradewind.example" in text
    assert str(first.data / "demo-login.txt") in text
    assert "correct horse" in text
    assert "simulated market, 600×" in text
    assert "not real prices" in text
    for name in ("migrate", "seed", "api", "engine", "worker", "beat"):
        first.until(f"{name:<8} | {name} says hello")

    env = first.environment_of("engine")
    running = running_servers(DataFolder(first.data))
    assert running is not None
    assert env["TRADEWIND_DATABASE_URL"] == running.database.owner
    assert env["TRADEWIND_DATABASE_APP_URL"] == running.database.app
    assert env["TRADEWIND_DATABASE_SYSTEM_URL"] == running.database.system
    assert env["TRADEWIND_REDIS_URL"] == running.redis
    settings = {
        "TRADEWIND_MARKET": "simulated",
        "TRADEWIND_SPEED": "600",
        "TRADEWIND_SYMBOLS": "BTCUSDT",
        "TRADEWIND_SEED": "7",
        "TRADEWIND_PORT": str(first.port),
        "TRADEWIND_DATA": str(first.data),
    }
    assert {name: env[name] for name in settings} == settings
    assert json.loads((first.data / "engine.json").read_text())["argv"][1:] == ["engine"]

    processes = first.descendants()
    begun = time.monotonic()
    first.process.send_signal(signal.SIGTERM)
    assert first.end() == 0
    assert time.monotonic() - begun < 5.0
    assert not any(map(is_alive, processes))

    # The password is shown once only.
    second = up()
    second.until("Ctrl-C stops everything")
    assert "correct horse" not in second.text
    second.process.send_signal(signal.SIGINT)
    assert second.end() == 0


def test_what_dies_comes_back_and_kill_9_leaves_nothing(up: Start) -> None:
    running = up("--no-demo", "--quiet")
    running.until("Ctrl-C stops everything")
    assert "Demo login" not in running.text
    assert "says hello" not in running.text
    assert not (running.data / "seed.json").exists()
    before = {p.pid for p in running.descendants()}
    for name in ("postgres", "valkey-server"):
        (server,) = [p for p in psutil.Process(running.process.pid).children() if p.name() == name]
        server.kill()
        running.until(f"{name.partition('-')[0]} was killed by SIGKILL")
    (service,) = [p for p in running.descendants() if p.pid in before and p.cmdline()[-1] == "engine"]
    service.kill()
    running.until("engine was killed by SIGKILL")

    def all_back() -> bool:
        children = filter(is_alive, psutil.Process(running.process.pid).children())
        names = {p.name() if p.name() in ("postgres", "valkey-server") else p.cmdline()[-1] for p in children}
        return {"postgres", "valkey-server", "engine"} <= names

    wait_until(all_back)

    processes = running.descendants()
    running.process.kill()
    running.end()
    wait_until(lambda: not any(map(is_alive, processes)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_starting_stops_everything(up: Start, number: signal.Signals) -> None:
    # As a shell starts its background jobs: with SIGINT ignored.
    running = up(wrapper=("sh", "-c", 'trap "" INT; exec "$@"', "sh"))
    running.until("starting PostgreSQL")
    processes = running.descendants()
    running.process.send_signal(number)
    assert running.end() in (0, 130)
    assert "ready" not in running.text
    # A server that was being started at that moment ends by its parent's death, a moment later.
    wait_until(lambda: not any(map(is_alive, processes)))
    assert running_servers(DataFolder(running.data)) is None


@pytest.mark.parametrize("part", ["migrate", "seed", "api"])
def test_a_part_that_fails_is_named_and_nothing_stays(up: Start, part: str) -> None:
    running = up("--quiet", **{f"STAND_IN_{part.upper()}": "3"})
    assert running.end() == 1
    assert f"{part} gives up" in running.text
    assert running.lines[-1].startswith(f"tradewind: {part} ")
    assert running_servers(DataFolder(running.data)) is None


def test_a_second_one_on_the_same_folder_is_told_of_the_first(up: Start, folder: Path) -> None:
    with DataFolder(folder / ".tradewind" / "simulated").claimed():
        second = up()
        assert second.end() == 1
    assert len(second.lines) == 1
    assert f"pid {os.getpid()}" in second.text


def test_a_taken_port_is_named_with_one_that_is_free(up: Start, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = up(port=port)
        assert refused.end() == 1
    assert len(refused.lines) == 1
    assert f"port {port} is taken" in refused.text
    assert f"(pid {os.getpid()})" in refused.text
    assert "--port " in refused.text
    assert not (folder / ".tradewind" / "simulated" / "servers" / "postgres").exists()


def test_servers_of_ones_own_are_used(up: Start, folder: Path) -> None:
    with embedded_servers(folder / "own", durable=False) as servers:
        running = up(
            TRADEWIND_DATABASE_URL=servers.database.owner,
            TRADEWIND_REDIS_URL=servers.redis_url,
            TRADEWIND_TELEGRAM_TOKEN="1:token",
        )
        running.until("Ctrl-C stops everything")
        assert not {"postgres", "valkey-server"} & {process.name() for process in running.descendants()}
        env = running.environment_of("worker")
        assert env["TRADEWIND_DATABASE_URL"] == servers.database.owner
        assert "TRADEWIND_DATABASE_APP_URL" not in env
        assert env["TRADEWIND_TELEGRAM_TOKEN"] == "1:token"
        assert "Telegram" not in running.text
        running.process.send_signal(signal.SIGHUP)
        assert running.end() == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--market", "replay"], "--candles"),
        (["--market", "replay", "--candles", "nowhere"], "--candles nowhere"),
        (["--market", "replay", "--candles", "."], "--candles .: expected files"),
        (["--candles", "."], "--candles goes with"),
        (["--market", "live", "--speed", "2"], "--speed"),
        (["--speed", "0"], "--speed"),
        (["--speed", "-1"], "--speed"),
        (["--speed", "nan"], "--speed"),
        (["--speed", "fast"], "--speed"),
    ],
)
def test_options_that_make_no_sense_are_named_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    monkeypatch.chdir(folder)
    for name in ("TRADEWIND_MARKET", "TRADEWIND_CANDLES", "TRADEWIND_SPEED"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(main, ["up", *options])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("tradewind: ")
    assert words in result.stderr
    assert not (folder / ".tradewind").exists()


def test_the_supervisor_stays_small() -> None:
    script = "import sys, tradewind.entrypoints.cli.up; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"fastapi", "sqlalchemy", "numpy", "pydantic", "pyarrow", "asyncpg", "celery", "redis", "aiohttp", "ccxt"}
    assert not heavy & set(loaded)
