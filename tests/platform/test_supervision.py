"""Children are started in order, restarted when they die, stopped within seconds, and never outlive their parent."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tradewind.platform.supervision import (
    STOP_BUDGET,
    ChildError,
    ChildSpec,
    Command,
    Console,
    Restarts,
    Supervisor,
    spawn,
)

QUICK = Restarts(first=0.02, longest=0.1)
DEADLINE = 15.0  # seconds; generous, for machines that are busy with other tests

SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)


class Screen:
    """A console whose output can be read back."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self.path = path
        self.console = Console(self._file.fileno())

    def text(self) -> str:
        return self.path.read_text()

    def close(self) -> None:
        self._file.close()


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    screen = Screen(tmp_path / "screen")
    with screen.console:
        yield screen
    screen.close()


def python(script: str, *arguments: str) -> Command:
    # -S: no site-packages, which makes the interpreter start in a third of the time.
    return Command((sys.executable, "-S", "-c", script, *arguments), env={})


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - files and processes have no event to wait for
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_waits_double_up_to_the_longest_and_start_over_after_health() -> None:
    restarts = Restarts(first=0.5, longest=30.0, healthy_after=60.0)
    delays = [restarts.delay(None, 0.1)]
    for _ in range(8):
        delays.append(restarts.delay(delays[-1], 0.1))
    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert restarts.delay(30.0, uptime=61.0) == 0.5


async def test_a_child_that_dies_is_started_again(screen: Screen, tmp_path: Path) -> None:
    lives = tmp_path / "lives"
    script = "import sys, time; open(sys.argv[1], 'a').write('x'); time.sleep(600)"
    async with Supervisor(screen.console, QUICK) as supervisor:
        await supervisor.start(ChildSpec("phoenix", python(script, str(lives))))
        for life in (1, 2, 3):
            await eventually(lambda life=life: lives.exists() and len(lives.read_text()) == life)
            os.kill(supervisor.pids()["phoenix"], signal.SIGKILL)
        await eventually(lambda: len(lives.read_text()) == 4)
        assert supervisor.exits() == {"phoenix": 3}


async def test_waits_longer_from_death_to_death(screen: Screen, tmp_path: Path) -> None:
    births = tmp_path / "births"
    script = "import sys, time; open(sys.argv[1], 'a').write(f'{time.time()}\\n'); sys.exit(3)"
    async with Supervisor(screen.console, Restarts(first=0.1, longest=10.0)) as supervisor:
        await supervisor.start(ChildSpec("mayfly", python(script, str(births))))
        await eventually(lambda: births.exists() and births.read_text().count("\n") >= 4)
    times = [float(line) for line in births.read_text().splitlines()[:4]]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps[0] >= 0.1
    assert gaps[1] >= 0.2
    assert gaps[2] >= 0.4


async def test_a_restart_is_prepared_and_a_failed_preparation_is_tried_again(screen: Screen) -> None:
    calls = 0

    def prepare() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("not yet")

    async with Supervisor(screen.console, QUICK) as supervisor:
        await supervisor.start(ChildSpec("child", python(SLEEP), before_restart=prepare))
        first = supervisor.pids()["child"]
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: supervisor.pids().get("child", first) != first)
    assert calls == 2


async def test_an_adopted_process_is_kept_running(screen: Screen, tmp_path: Path) -> None:
    spec = ChildSpec("foundling", python("print('hello', flush=True);" + SLEEP), log=tmp_path / "log")
    process = spawn(spec.command, subprocess.DEVNULL)
    async with Supervisor(screen.console, QUICK) as supervisor:
        supervisor.adopt(spec, process)
        os.kill(process.pid, signal.SIGKILL)
        await eventually(lambda: spec.log is not None and spec.log.exists() and spec.log.read_text() == "hello\n")
        assert supervisor.pids()["foundling"] != process.pid


async def test_output_is_forwarded_line_by_line_under_the_childs_name(screen: Screen) -> None:
    script = "import sys; print('one'); print('two', file=sys.stderr, flush=True); print('no end', end='')"
    async with Supervisor(screen.console) as supervisor:
        await supervisor.run(
            ChildSpec("talker", python("import sys; sys.stdout.reconfigure(line_buffering=True);" + script))
        )
    await eventually(lambda: screen.text().count("\n") == 3)
    assert screen.text() == "talker   | one\ntalker   | two\ntalker   | no end\n"


async def test_a_line_without_end_does_not_fill_the_memory(screen: Screen) -> None:
    async with Supervisor(screen.console) as supervisor:
        await supervisor.run(ChildSpec("endless", python("print('x' * 1_000_000)")))
    await eventually(lambda: screen.text().count("x") == 1_000_000)
    assert max(len(line) for line in screen.text().splitlines()) < 200_000


async def test_run_says_how_a_child_failed_and_what_it_said_last(screen: Screen) -> None:
    async with Supervisor(screen.console) as supervisor:
        await supervisor.run(ChildSpec("fine", python("pass")))
        with pytest.raises(ChildError, match="broken ended with exit code 7") as failure:
            await supervisor.run(ChildSpec("broken", python("import sys; print('because'); sys.exit(7)")))
        assert failure.value.output == ("because",)
        with pytest.raises(ChildError, match="absent could not be started"):
            await supervisor.run(ChildSpec("absent", Command(("/nowhere/to/be/found",), env={})))


async def test_start_waits_until_the_child_is_ready(screen: Screen, tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    async def ready() -> bool:
        return mark.exists()

    async def never() -> bool:
        return False

    async with Supervisor(screen.console) as supervisor:
        script = "import sys; open(sys.argv[1], 'w').close();" + SLEEP
        await supervisor.start(ChildSpec("willing", python(script, str(mark))), ready)
        assert mark.exists()
        with pytest.raises(ChildError, match="ended with exit code 4 before it was ready"):
            await supervisor.start(ChildSpec("dying", python("import sys; sys.exit(4)")), never)
        with pytest.raises(ChildError, match=r"not ready within 0\.1 s"):
            await supervisor.start(ChildSpec("slow", python(SLEEP)), never, within=0.1)


async def test_stops_in_time_although_a_child_ignores_it(screen: Screen) -> None:
    async with Supervisor(screen.console) as supervisor:
        await supervisor.start(ChildSpec("deaf", python(STUBBORN), stop_timeout=60.0))
        await supervisor.start(ChildSpec("deaf-too", python(STUBBORN), stage=0, stop_timeout=60.0))
        await eventually(lambda: screen.text().count("deaf\n") == 2)
        pids = supervisor.pids().values()
        begun = time.monotonic()
        await supervisor.stop()
        assert time.monotonic() - begun < STOP_BUDGET
        assert not any(map(is_alive, pids))


async def test_higher_stages_stop_first(screen: Screen, tmp_path: Path) -> None:
    script = """
        import signal, sys, time
        def leave(*_):
            open(sys.argv[2], "a").write(sys.argv[1])
            sys.exit()
        signal.signal(signal.SIGTERM, leave)
        print("set", flush=True)
        time.sleep(600)
        """
    order = tmp_path / "order"
    async with Supervisor(screen.console) as supervisor:
        for name, stage in (("a", 0), ("c", 2), ("b", 1)):
            command = python(textwrap.dedent(script), name, str(order))
            await supervisor.start(ChildSpec(name, command, stage=stage))
        await eventually(lambda: screen.text().count("set\n") == 3)
    assert order.read_text() == "cba"


async def test_grandchildren_go_with_their_parent(screen: Screen, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = """
        import subprocess, sys, time
        grandchild = subprocess.Popen([sys.executable, "-S", "-c", sys.argv[2]])
        open(sys.argv[1], "w").write(str(grandchild.pid) + "\\n")
        time.sleep(600)
        """
    async with Supervisor(screen.console) as supervisor:
        command = python(textwrap.dedent(script), str(pid_file), STUBBORN)
        await supervisor.start(ChildSpec("family", command))
        await eventually(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"))
        grandchild = int(pid_file.read_text())
        assert is_alive(grandchild)
    await eventually(lambda: not is_alive(grandchild))


async def test_children_have_sessions_of_their_own(screen: Screen) -> None:
    async with Supervisor(screen.console) as supervisor:
        await supervisor.start(ChildSpec("child", python(SLEEP)))
        pid = supervisor.pids()["child"]
        assert os.getsid(pid) == os.getpgid(pid) == pid


SUPERVISING = """
    import asyncio, sys
    from tradewind.platform.supervision import ChildSpec, Command, Console, Supervisor

    async def main():
        with Console() as console:
            async with Supervisor(console) as supervisor:
                for name, script in zip(("first", "second"), sys.argv[1:]):
                    command = Command((sys.executable, "-S", "-c", script), env={})
                    await supervisor.start(ChildSpec(name, command))
                console.say("pids " + " ".join(map(str, supervisor.pids().values())))
                await supervisor.forever()
            console.say("done")

    asyncio.run(main())
    """


@pytest.fixture
def supervising() -> Iterator[Callable[..., tuple[subprocess.Popen[str], list[int]]]]:
    """Starts a supervisor in a process of its own; gives that process and its children's ids."""
    started = []

    def start(*scripts: str) -> tuple[subprocess.Popen[str], list[int]]:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(SUPERVISING), *scripts], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("pids "):
                return process, [int(pid) for pid in line.split()[1:]]
        raise AssertionError("the supervisor said nothing")

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_quietly(supervising, number: signal.Signals) -> None:
    process, pids = supervising(SLEEP, SLEEP)
    assert all(map(is_alive, pids))
    process.send_signal(number)
    rest, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert rest == "done\n"
    assert not any(map(is_alive, pids))


def test_a_second_signal_does_not_wait(supervising) -> None:
    process, pids = supervising(STUBBORN, STUBBORN)
    assert process.stdout is not None
    heard = [process.stdout.readline(), process.stdout.readline()]
    assert all(line.endswith("deaf\n") for line in heard)
    begun = time.monotonic()
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    assert time.monotonic() - begun < 2.5
    assert not any(map(is_alive, pids))


def test_a_killed_supervisor_takes_its_children_along(supervising) -> None:
    process, pids = supervising(SLEEP, STUBBORN)
    process.kill()
    process.wait()
    wait_until(lambda: not any(map(is_alive, pids)))


def test_a_parent_that_dies_at_any_moment_of_the_start_leaves_nothing() -> None:
    script = """
        import os, signal, subprocess, sys
        from tradewind.platform.supervision import Command, spawn

        command = Command((sys.executable, "-S", "-c", "import time; time.sleep(600)", sys.argv[1]), env={})
        for step in range(40):
            if os.fork() == 0:
                signal.setitimer(signal.ITIMER_REAL, 0.0001 + step * 0.0002)  # death by SIGALRM
                while True:
                    spawn(command, subprocess.DEVNULL)
        for _ in range(40):
            os.wait()
        """
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), mark], check=True)

    def survivors() -> list[psutil.Process]:
        return [p for p in psutil.process_iter(["cmdline"]) if mark in (p.info["cmdline"] or [])]

    wait_until(lambda: not survivors())


def test_only_the_main_thread_may_spawn() -> None:
    errors = []

    def attempt() -> None:
        try:
            spawn(python("pass"), subprocess.DEVNULL)
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=attempt, name="helper")
    thread.start()
    thread.join()
    assert len(errors) == 1
    assert "got helper" in errors[0]


def test_standard_input_is_passed_on_and_can_be_opened_again() -> None:
    script = "import sys; print(sys.stdin.read() + open('/proc/self/fd/0').read())"
    process = spawn(Command((sys.executable, "-S", "-c", script), env={}, stdin=b"secret"), subprocess.PIPE)
    assert process.communicate()[0] == b"secretsecret\n"


def test_secrets_do_not_show_in_a_commands_repr() -> None:
    command = Command(("program",), env={"PASSWORD": "hunter2"}, stdin=b"hunter2")
    assert "hunter2" not in repr(ChildSpec("child", command))


def test_an_output_that_nobody_reads_holds_nothing_up() -> None:
    reader, writer = os.pipe()
    begun = time.monotonic()
    with Console(writer) as console:
        for number in range(30_000):
            console.forward("child", b"line %d" % number)
    assert time.monotonic() - begun < 5.0
    os.close(reader)  # lets the writing thread end
    os.close(writer)


def test_a_closed_output_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with Console(writer) as console:
        console.say("to nobody")
    os.close(writer)


def test_quiet_leaves_out_what_children_print(tmp_path: Path) -> None:
    path = tmp_path / "screen"
    with path.open("wb") as file, Console(file.fileno(), quiet=True) as console:
        console.forward("child", b"chatter")
        console.say("news")
    assert path.read_text() == "news\n"
