"""How long `tradewind up` takes until it trades, and how much memory everything takes then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator

import psutil

from benchmarks.measure import Figure
from tradewind.platform.embedded import free_port

_PATIENCE = 120.0
_WATCHED = 45.0


def _pss(process: psutil.Process) -> dict[str, float]:
    """Proportional set size in MB by command, of a process and all below it: shared pages count once."""
    sizes: dict[str, float] = {}
    for each in [process, *process.children(recursive=True)]:
        try:
            line = " ".join(each.cmdline())
            name = next((word for word in _NAMES if word in line), each.name())
            sizes[name] = sizes.get(name, 0.0) + each.memory_full_info().pss / 1e6
        except psutil.NoSuchProcess:
            continue
    return sizes


_NAMES = (
    "emulators.telegram",
    "emulators.mailbox",
    "tradewind api",
    "tradewind engine",
    "tradewind worker",
    "tradewind beat",
    "tradewind up",
    "postgres",
    "valkey",
)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def _start(folder: str, port: int) -> tuple[subprocess.Popen[bytes], float]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "tradewind", "up", "--data", folder, "--port", str(port), "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not _ready(port):
        if process.poll() is not None or time.perf_counter() - began > _PATIENCE:
            raise RuntimeError(f"`tradewind up` did not become ready: exit {process.poll()}")
        time.sleep(0.05)
    return process, time.perf_counter() - began


def run() -> Iterator[Figure]:
    """Start it twice on one folder: the second start is what a user sees every day."""
    with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as folder:
        port = free_port()
        process, first = _start(folder, port)
        peak: dict[str, float] = {}
        until = time.perf_counter() + _WATCHED
        while time.perf_counter() < until:
            now = _pss(psutil.Process(process.pid))
            if sum(now.values()) > sum(peak.values()):
                peak = now
            time.sleep(1)
        _stop(process)
        process, again = _start(folder, port)
        stopped = _stop(process)
    yield Figure("`tradewind up`, first start until ready", first, "s", "≤ 8", first <= 8, "initdb and migrations")
    yield Figure(
        "`tradewind up`, later start until ready", again, "s", "≤ 8", again <= 8, "importing in five processes"
    )
    yield Figure("Ctrl-C until nothing is left", stopped, "s", "≤ 5", stopped <= 5, "the slowest child")
    product = {name: size for name, size in peak.items() if not name.startswith("emulators")}
    detail = ", ".join(f"{name} {size:.0f}" for name, size in sorted(product.items(), key=lambda item: -item[1]))
    total = sum(product.values())
    yield Figure("`tradewind up`, memory of everything while trading", total, "MB", "≤ 700", total <= 700, detail)


def _stop(process: subprocess.Popen[bytes]) -> float:
    began = time.perf_counter()
    os.kill(process.pid, signal.SIGINT)
    process.wait(timeout=30)
    return time.perf_counter() - began
