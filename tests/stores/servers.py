"""Private database servers for tests: own data in a temporary folder, own port, stopped with the session."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import attrs
import pytest

KINDS = ("mysql", "postgresql")


@attrs.define
class Server:
    """A running server: ``mysql`` stands for MariaDB or MySQL."""

    kind: str
    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str, user: str = "mi", password: str = "mi-test") -> str:
        return f"{self.kind}://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def admin(self, sql: str) -> None:
        """Run a statement as the server's administrator."""
        if self.kind == "mysql":
            client = shutil.which("mariadb") or shutil.which("mysql")
            assert client
            command = [client, "--no-defaults", "-u", "root", f"--socket={self.folder}/s.sock", "-e", sql]
        else:
            command = [str(_postgres("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port),
                       "-U", "postgres", "-d", "postgres", "-c", sql]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)

    def create(self, database: str, charset: str = "") -> str:
        """A new empty database; returns its address."""
        if self.kind == "mysql":
            self.admin(f"CREATE DATABASE {database} CHARACTER SET {charset or 'utf8mb4'}")
            self.admin(f"GRANT ALL ON {database}.* TO 'mi'@'127.0.0.1' IDENTIFIED BY 'mi-test'")
        else:
            self.admin(
                f"CREATE DATABASE {database} OWNER mi ENCODING '{charset or 'UTF8'}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
            )
        return self.url(database)

    def pause(self) -> None:
        """Everything of the server stands still."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT if self.kind == "postgresql" else signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)


def _postgres(program: str) -> Path | None:
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda p: p.parts[-3])
    found = shutil.which(program)
    return versions[-1] if versions else Path(found) if found else None


def _mysqld() -> str | None:
    return shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def missing(kind: str) -> str:
    """Why servers of this kind cannot be started; empty when they can."""
    if kind == "mysql":
        return "" if _mysqld() and shutil.which("mariadb-install-db") else "mariadbd is not installed"
    if _postgres("initdb") is None or _postgres("postgres") is None:
        return "postgres is not installed"
    if os.getuid() == 0 and not _postgres_user():
        return "postgres does not run as root and there is no user postgres"
    return ""


def need(kind: str) -> None:
    """Skip with the reason; under ``MI_REQUIRE_SERVICES=1`` fail."""
    reason = missing(kind)
    if reason and os.environ.get("MI_REQUIRE_SERVICES") == "1":
        pytest.fail(f"MI_REQUIRE_SERVICES=1, but {reason}", pytrace=False)
    if reason:
        pytest.skip(reason)


def _postgres_user() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(kind: str, folder: Path, *options: str) -> Server:
    """Make the data folder and start; returns when it answers. ``options`` go to MariaDB's program."""
    return _start_mysql(folder, *options) if kind == "mysql" else _start_postgresql(folder)


def restart(server: Server) -> Server:
    """Start a stopped server again with its data and port."""
    run = _run_mysql if server.kind == "mysql" else _run_postgresql
    return run(server.folder, server.port)


def _start_mysql(folder: Path, *options: str) -> Server:
    user = ["--user=root"] if os.getuid() == 0 else []
    command = ["mariadb-install-db", "--no-defaults", f"--datadir={folder}/data", "--skip-test-db",
               "--auth-root-authentication-method=normal", *user]  # fmt: skip
    made = subprocess.run(command, check=False, capture_output=True, text=True, env=_own(folder))
    if made.returncode:
        raise RuntimeError(f"mariadb-install-db: {made.stdout[-2000:]}{made.stderr[-2000:]}")
    return _run_mysql(folder, free_port(), *options)


def _run_mysql(folder: Path, port: int, *options: str) -> Server:
    program = _mysqld()
    assert program
    command = [program, "--no-defaults", f"--datadir={folder}/data", f"--socket={folder}/s.sock", f"--port={port}",
               "--bind-address=127.0.0.1", f"--pid-file={folder}/pid", "--innodb-buffer-pool-size=64M",
               "--skip-log-bin", "--skip-name-resolve", "--performance-schema=OFF", *options,
               *(["--user=root"] if os.getuid() == 0 else [])]  # fmt: skip
    return _answering(Server("mysql", port, folder, _popen(command, folder)))


def _start_postgresql(folder: Path) -> Server:
    folder.chmod(0o755)
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    subprocess.run(
        [*_as_postgres(), str(_postgres("initdb")), "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-N",
         "--locale=C", "-E", "UTF8"], check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    hba = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    (folder / "data/pg_hba.conf").write_text(hba)
    server = _run_postgresql(folder, free_port())
    server.admin("CREATE ROLE mi LOGIN PASSWORD 'mi-test'")
    return server


def _run_postgresql(folder: Path, port: int) -> Server:
    command = [*_as_postgres(), str(_postgres("postgres")), "-D", f"{folder}/data", "-p", str(port), "-k", str(folder),
               "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=32MB"]  # fmt: skip
    return _answering(Server("postgresql", port, folder, _popen(command, folder)))


def _as_postgres() -> list[str]:
    if os.getuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]


def _popen(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, start_new_session=True,
            env=_own(folder),
        )  # fmt: skip


def _own(folder: Path) -> dict[str, str]:
    """A MariaDB that starts deletes the temporary tables it finds in its temporary folder: not those of others in /tmp."""
    return {**os.environ, "TMPDIR": str(folder)}


def _answering(server: Server) -> Server:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        if server.process.poll() is not None:
            break
        try:
            server.admin("SELECT 1")
            return server
        except subprocess.CalledProcessError:
            time.sleep(0.1)
    server.stop()
    log = (server.folder / "server.log").read_text(errors="replace")[-2000:]
    raise RuntimeError(f"{server.kind} does not start: {log}")
