"""A MariaDB of its own for a demo: data in a folder that is deleted afterwards, a free port of this machine only."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from mi_core.cli.text import t, working
from mi_core.errors import ConfigError, MiError

__all__ = ["running_mariadb"]

_PATIENCE = 60.0


@contextlib.contextmanager
def running_mariadb(folder: Path) -> Iterator[str]:
    """The address of an empty database. Raises ``ConfigError`` when MariaDB is not installed here."""
    path = f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin{os.pathsep}/usr/local/sbin"
    server, prepare, client = (
        shutil.which(p, path=path) for p in ("mariadbd", "mariadb-install-db", "mariadb")
    )
    if server is None or prepare is None or client is None:
        raise ConfigError(
            "此演示需要一个数据库，而本机没有 MariaDB（mariadbd、mariadb-install-db、mariadb）",
            "this demo needs a database, and MariaDB is not installed here (mariadbd, mariadb-install-db, mariadb)",
            hint_zh="安装 mariadb-server，或给出一个空的 MySQL、MariaDB、PostgreSQL 库：--database mysql://用户:密码@主机/库",
            hint_en="install mariadb-server, or give an empty database: --database mysql://user:password@host/database",
        )
    root = ["--user=root"] if hasattr(os, "getuid") and os.getuid() == 0 else []
    # a server that starts deletes the temporary tables it finds: not those of others in /tmp
    own = {**os.environ, "TMPDIR": str(folder)}
    made = [
        prepare,
        "--no-defaults",
        f"--datadir={folder}/data",
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
    ]
    with working(t("准备数据库", "preparing a database")):
        _run([*made, *root], own)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        server, "--no-defaults", f"--datadir={folder}/data", f"--socket={folder}/s.sock", f"--port={port}",
        "--bind-address=127.0.0.1", f"--pid-file={folder}/pid", "--innodb-buffer-pool-size=64M", "--skip-log-bin",
        "--skip-name-resolve", *root,
    ]  # fmt: skip
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=own)  # noqa: S603  # a found program, no shell
    try:
        yield _database([client, "--no-defaults", "-u", "root", f"--socket={folder}/s.sock"], port, process)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _database(client: list[str], port: int, process: subprocess.Popen[bytes]) -> str:
    """Wait until it answers, then make the database and its owner."""
    password = secrets.token_hex(12)
    sql = (
        "CREATE DATABASE his CHARACTER SET utf8mb4; "
        f"GRANT ALL ON his.* TO 'mi'@'127.0.0.1' IDENTIFIED BY '{password}'"
    )
    until = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < until:
        done = subprocess.run([*client, "-e", sql], capture_output=True, check=False)  # noqa: S603  # as above; the password is ours
        if done.returncode == 0:
            return f"mysql://mi:{password}@127.0.0.1:{port}/his"
        time.sleep(0.1)
    raise MiError("MariaDB 没有启动", "MariaDB did not start")


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, capture_output=True, check=False, text=True, env=environment)  # noqa: S603  # as above
    if done.returncode:
        raise MiError(
            f"无法准备数据库：{done.stderr[-500:]}", f"the database cannot be prepared: {done.stderr[-500:]}"
        )
