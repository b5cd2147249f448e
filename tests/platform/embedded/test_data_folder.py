"""One process at a time uses a data folder, and only one that understands it and has room in it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tradewind.platform.embedded import (
    DataFolder,
    DiskFullError,
    EmbeddedError,
    LockedError,
    NewerDataError,
    NotWritableError,
    embedded_servers,
    holder,
    is_free,
)
from tradewind.platform.embedded.folder import DATA_FORMAT, POSTGRES_MAJOR, write_file


def claim(data: Path) -> None:
    with DataFolder(data).claimed():
        pass


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_claimed_folder_says_who_uses_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "deep" / "data")
    assert not folder.is_in_use()
    with folder.claimed():
        assert folder.is_in_use()
        assert folder.owner_pid() == os.getpid()
    assert not folder.is_in_use()
    claim(folder.path)


def test_a_second_process_is_refused_and_told_who_the_first_is(
    data: Path, holding: Callable[[Path], subprocess.Popen[str]]
) -> None:
    other = holding(data)
    with pytest.raises(LockedError, match=rf"\bpid {other.pid}\b") as refusal, embedded_servers(data):
        pass
    assert "\n" not in str(refusal.value)
    other.kill()
    other.wait()
    claim(data)


@pytest.mark.parametrize(
    "version",
    [
        f"format {DATA_FORMAT + 1}\npostgresql {POSTGRES_MAJOR}\n",
        f"format {DATA_FORMAT}\npostgresql {POSTGRES_MAJOR + 1}\n",
        f"format {DATA_FORMAT}\npostgresql {POSTGRES_MAJOR - 1}\n",
        "format two\n",
        "",
        "\N{SNOWMAN}",
    ],
)
def test_a_folder_of_another_version_is_refused_and_not_touched(tmp_path: Path, version: str) -> None:
    (tmp_path / "VERSION").write_text(version)
    before = snapshot(tmp_path)
    with pytest.raises(NewerDataError) as refusal, embedded_servers(tmp_path):
        pass
    assert "\n" not in str(refusal.value)
    assert snapshot(tmp_path) == before


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    for path in (tmp_path / "data", tmp_path / "data" / "below"):
        with pytest.raises(NotWritableError, match="--data"):
            claim(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    for path in (tmp_path, tmp_path / "data"):
        with pytest.raises(NotWritableError, match="--data"):
            claim(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_a_folder_of_another_user_is_refused(data: Path) -> None:
    claim(data)
    script = """
        import os, sys
        from pathlib import Path
        from tradewind.platform.embedded import DataFolder, NotWritableError

        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            with DataFolder(Path(sys.argv[1])).claimed():
                print("claimed")
        except NotWritableError as error:
            print(error)
        """
    command = [sys.executable, "-c", textwrap.dedent(script), str(data)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"{data} is not writable" in answer


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 100 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_is_refused_and_the_room_is_named(small_disk: Path) -> None:
    with pytest.raises(DiskFullError, match=r"1\d\d MiB free|\d\d MiB free") as refusal:
        claim(small_disk / "data")
    assert "200 MiB needed" in str(refusal.value)


def test_a_disk_that_fills_up_while_starting_is_named(
    small_disk: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The start goes ahead, as if the room had been there when it looked.
    monkeypatch.setattr("tradewind.platform.embedded.folder.NEEDED_SPACE", 0)
    small_disk.chmod(0o755)
    data.mkdir()
    subprocess.run(["mount", "--bind", small_disk, data], check=True)
    try:
        (data / "ballast").write_bytes(bytes(80_000_000))
        with pytest.raises(DiskFullError, match="no space left"), embedded_servers(data):
            pass
    finally:
        subprocess.run(["umount", "--lazy", data], check=True)


def test_passwords_are_generated_once_and_damage_is_not_papered_over(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.claimed():
        passwords = folder.passwords()
        assert folder.passwords() == passwords
        write_file(folder.passwords_file, "{}", mode=0o600)
        with pytest.raises(EmbeddedError, match="damaged"):
            folder.passwords()


def test_ports_are_remembered_and_a_damaged_memory_is_forgotten(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.claimed():
        port = folder.port("postgres")
        assert folder.port("postgres") == port
        assert folder.ports() == {"postgres": port}
        (folder.servers / "ports.json").write_text("[1")
        assert folder.ports() == {}


def test_the_holder_of_a_port_is_found() -> None:
    script = (
        "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        found = holder(port)
        assert found is not None
        assert found.pid == process.pid
        assert not is_free(port)
        process.communicate("\n")
    assert is_free(port)
    assert holder(port) is None
