"""`tradewind doctor` tells a healthy installation from a broken one, and what is broken."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tradewind.entrypoints.cli import main
from tradewind.platform.embedded import DataFolder, embedded_servers, free_port

# Stands in for `tradewind migrate --check`.
MIGRATE = "import os, sys; sys.exit(int(os.environ['SCHEMA']) if sys.argv[1:] == ['migrate', '--check'] else 9)"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a built dashboard and a stand-in for `migrate`; settings lead there."""
    for name in list(os.environ):
        if name.startswith("TRADEWIND_"):
            monkeypatch.delenv(name)
    # Not pytest's own folder, which is private: root's servers would be put elsewhere.
    folder = Path(tempfile.mkdtemp(prefix="tradewind-test-"))
    folder.chmod(0o755)
    package = folder / "site" / "tradewind"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(MIGRATE)
    (folder / "dashboard").mkdir()
    (folder / "dashboard" / "index.html").touch()
    monkeypatch.setenv("PYTHONPATH", str(folder / "site"))
    monkeypatch.setenv("TRADEWIND_DASHBOARD_DIR", str(folder / "dashboard"))
    monkeypatch.setenv("SCHEMA", "0")
    yield folder
    shutil.rmtree(folder)


def examine(data: Path, port: int) -> tuple[Result, dict[str, str]]:
    """Run the command; also its findings by subject, each `level text`."""
    result = CliRunner().invoke(main, ["doctor", "--data", str(data), "--port", str(port)])
    findings = {}
    for line in result.stdout.splitlines():
        level, subject, text = line.split(maxsplit=2)
        findings[subject] = f"{level} {text}"
    return result, findings


def test_before_the_first_start_all_is_well_and_nothing_is_made(folder: Path) -> None:
    result, findings = examine(folder / "data", free_port())
    assert result.exit_code == 0, result.output
    # Databases of deleted folders are the machine's, not this installation's.
    assert all(finding.startswith("ok ") for subject, finding in findings.items() if subject != "orphans"), findings
    assert "does not exist yet" in findings["data"]
    assert "not running" in findings["database"]
    assert not (folder / "data").exists()


def test_running_servers_are_examined(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with embedded_servers(folder / "data", durable=False):
        monkeypatch.setenv("SCHEMA", "1")
        result, findings = examine(folder / "data", free_port())
    assert result.exit_code == 1
    assert findings["data"].startswith("ok ")
    assert f"pid {os.getpid()}" in findings["data"]
    assert findings["valkey"] == "ok answers"
    assert findings["database"].startswith("problem PostgreSQL 18, but the schema is not current")
    assert "tradewind migrate" in findings["database"]


def test_what_is_broken_is_named_with_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = folder / "data"
    with DataFolder(data).claimed():
        pass
    (data / "VERSION").write_text("format 999\npostgresql 18\n")
    (folder / "dashboard" / "index.html").unlink()
    nobody = free_port()
    monkeypatch.setenv("TRADEWIND_DATABASE_URL", f"postgresql://user:pass@127.0.0.1:{nobody}/none")
    monkeypatch.setenv("TRADEWIND_REDIS_URL", f"redis://127.0.0.1:{nobody}/0")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result, findings = examine(data, port)
    assert result.exit_code == 1
    broken = {subject: finding for subject, finding in findings.items() if finding.startswith("problem ")}
    assert broken.keys() == {"data", "port", "database", "valkey", "dashboard"}
    assert "newer Tradewind" in broken["data"]
    assert f"port {port} is taken" in broken["port"]
    assert f"(pid {os.getpid()})" in broken["port"]
    assert "TRADEWIND_DATABASE_URL" in broken["database"]
    assert "TRADEWIND_REDIS_URL" in broken["valkey"]
    assert "make setup" in broken["dashboard"]
    assert "user:pass" not in result.output
