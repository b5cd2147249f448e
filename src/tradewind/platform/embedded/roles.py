"""The roles and the database of the embedded PostgreSQL, and databases for tests."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tradewind.platform.embedded.errors import ServerFailedError
from tradewind.platform.embedded.folder import Passwords
from tradewind.platform.embedded.ports import LOOPBACK

DATABASE = "tradewind"
SUPERUSER = "postgres"

# Safe to run at every start. What the roles may do with tables is the migrations' business. The owner may
# SET ROLE to the other two, as it must where only its own URL is known.
_BOOTSTRAP = """
SET log_min_error_statement = panic;  -- passwords must not reach the log
SELECT format('CREATE ROLE %I', name)
  FROM unnest(ARRAY['tradewind_owner', 'tradewind_app', 'tradewind_system']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\\gexec
ALTER ROLE tradewind_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner';
ALTER ROLE tradewind_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app';
ALTER ROLE tradewind_system LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'system';
GRANT tradewind_app, tradewind_system TO tradewind_owner WITH INHERIT FALSE, SET TRUE;
SELECT 'CREATE DATABASE tradewind OWNER tradewind_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tradewind')
\\gexec
"""

# A database's own grants do not come with its template.
_ADMIT = """
REVOKE CONNECT ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO tradewind_owner, tradewind_app, tradewind_system;
\\connect :"database"
GRANT USAGE ON SCHEMA public TO tradewind_app, tradewind_system;
"""

_CREATE = """
CREATE DATABASE :"database" TEMPLATE :"template" OWNER tradewind_owner;
"""

_DROP = """
DROP DATABASE IF EXISTS :"database" WITH (FORCE);
"""


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """Where each role finds a database: `postgresql://...` URLs with passwords, as asyncpg takes them."""

    owner: str = field(repr=False)
    app: str = field(repr=False)
    system: str = field(repr=False)


def database_urls(port: int, passwords: Passwords, database: str = DATABASE) -> DatabaseUrls:
    """The URLs of a database of the embedded PostgreSQL on `port`."""
    where = f"{LOOPBACK}:{port}/{database}"
    return DatabaseUrls(
        owner=f"postgresql://tradewind_owner:{passwords.owner}@{where}",
        app=f"postgresql://tradewind_app:{passwords.app}@{where}",
        system=f"postgresql://tradewind_system:{passwords.system}@{where}",
    )


class Administrator:
    """Sets up roles and databases as the superuser. Blocks for some tens of milliseconds per call."""

    def __init__(self, psql: Path, port: int, passwords: Passwords) -> None:
        self._psql = psql
        self._port = port
        self._passwords = passwords

    def urls(self, database: str = DATABASE) -> DatabaseUrls:
        """The URLs of a database of this server."""
        return database_urls(self._port, self._passwords, database)

    def bootstrap(self) -> DatabaseUrls:
        """Make sure that roles, their passwords and the database `tradewind` are there."""
        passwords = {"owner": self._passwords.owner, "app": self._passwords.app, "system": self._passwords.system}
        self._run(_BOOTSTRAP + _ADMIT, database=DATABASE, **passwords)
        return self.urls()

    def create_database(self, name: str, template: str = "template0") -> DatabaseUrls:
        """Make a database as a copy of `template`, which nobody may be connected to.

        Raises:
            ServerFailedError: it exists already, or the template is in use or not there.
        """
        self._run(_CREATE + _ADMIT, database=name, template=template)
        return self.urls(name)

    def drop_database(self, name: str) -> None:
        """Remove a database and disconnect who uses it; fine if it is not there."""
        self._run(_DROP, database=name)

    def _run(self, script: str, **variables: str) -> None:
        # Variables go in by standard input too: everybody can read a process's arguments.
        assignments = "".join(f"\\set {name} '{_quoted(value)}'\n" for name, value in variables.items())
        result = subprocess.run(
            [self._psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse"],
            input=assignments + script,
            env={
                "PGHOST": LOOPBACK,
                "PGPORT": str(self._port),
                "PGUSER": SUPERUSER,
                "PGPASSWORD": self._passwords.superuser,
                "PGDATABASE": "postgres",
                "PGCONNECT_TIMEOUT": "10",
                "PGCLIENTENCODING": "UTF8",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            reason = (result.stderr.strip().splitlines() or [f"psql exit code {result.returncode}"])[-1]
            raise ServerFailedError(f"PostgreSQL refused an administrative statement: {reason}")


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
