"""The log's files: key, damage, schema."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mi_core.errors import StoreError
from mi_core.plugin import StoreSettings
from mi_plugins.stores import migrate, sqlite_rows, tables
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sqlite_log import SqliteLog
from tests.cli.shell import environment
from tests.plugins.rows import CANARY, end, files, log, start

__all__ = ["log"]


@pytest.mark.skipif(sys.platform == "win32", reason="no permission bits on Windows")
async def test_the_key_file_is_the_owners(tmp_path: Path, log: SqliteLog) -> None:
    assert stat.S_IMODE((tmp_path / "mi.db.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("column", ["request_data", "response_data", "error_message"])
async def test_a_flipped_bit_or_an_exchanged_row_is_noticed(
    tmp_path: Path, log: SqliteLog, column: str
) -> None:
    for i in (1, 2):
        await log.begin(start(i))
        await log.end(end(i))
    with closing(sqlite3.connect(tmp_path / "mi.db")) as raw:
        (blob,) = raw.execute(
            f"SELECT {column} FROM business_operation_logs WHERE operation_id = 'op1'"
        ).fetchone()
        damaged = bytes([*blob[:-1], blob[-1] ^ 1])
        raw.execute(f"UPDATE business_operation_logs SET {column} = ? WHERE operation_id = 'op1'", (damaged,))
        raw.execute(f"UPDATE business_operation_logs SET {column} = ? WHERE operation_id = 'op2'", (blob,))
        raw.commit()
    for operation in ("op1", "op2"):
        with pytest.raises(StoreError, match="改动"):
            await log.get(operation)


async def test_opened_again(tmp_path: Path) -> None:
    settings = StoreSettings(f"sqlite:///{tmp_path}/mi.db")
    first = SqliteLog(settings)
    await first.open()
    await first.begin(start())
    await first.close()
    second = SqliteLog(settings)
    await second.open()
    await second.open()
    assert len(await second.find(psn_no=CANARY["psn_no"])) == 1
    await second.close()
    with pytest.raises(StoreError, match="未打开"):
        await second.begin(start(2))


Damage = Callable[[Path], Any]
DAMAGES: dict[str, tuple[Damage, str]] = {
    "key lost": (lambda d: (d / "mi.db.key").unlink(), "备份"),
    "foreign key": (
        lambda d: ((d / "mi.db.key").unlink(), Sealer.from_file(d / "mi.db.key", create=True)),
        "不属于",
    ),
    "key damaged": (lambda d: (d / "mi.db.key").write_text("x"), "损坏"),
    "key cut": (lambda d: (d / "mi.db.key").write_text("mi-operation-log-key 1 AAAA\n"), "损坏"),
    "no database": (lambda d: (d / "mi.db").write_bytes(b"no database at all" * 100), "SQLite"),
    "newer schema": (lambda d: _revision(d / "mi.db", "9999"), "mi db upgrade"),
}


def _revision(path: Path, value: str) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = ?", (value,))
        raw.commit()


@pytest.mark.parametrize("kind", DAMAGES)
async def test_damage_is_told_and_nothing_is_made_anew(tmp_path: Path, kind: str) -> None:
    settings = StoreSettings(f"sqlite:///{tmp_path}/mi.db")
    first = SqliteLog(settings)
    await first.open()
    await first.begin(start())
    await first.close()
    damage, text = DAMAGES[kind]
    damage(tmp_path)
    before = files(tmp_path)
    with pytest.raises(StoreError) as caught:
        await SqliteLog(settings).open()
    assert text in caught.value.message("zh") and caught.value.hint_en
    assert {name: content for name, content in files(tmp_path).items() if name in before} == before


async def test_no_folder() -> None:
    with pytest.raises(StoreError, match="文件夹"):
        await SqliteLog(StoreSettings("sqlite:////no/such/folder/mi.db")).open()


def test_sm4_and_aes_read_each_others_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    from mi_plugins.stores import sealing

    monkeypatch.setattr(sealing, "_sm4_available", lambda: False)
    aes = Sealer(bytes(32))
    monkeypatch.undo()
    blob = aes.seal(b"x", "p")
    assert blob[:1] == b"\x02" and Sealer(bytes(32)).unseal(blob, "p") == b"x"


def test_key_files_do_not_race(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: Sealer.from_file(tmp_path / "k", create=True).key_id, range(16)))
    assert len(ids) == 1 and set(files(tmp_path)) == {"k"}


OPEN = """
import asyncio, sys
from mi_core.plugin import StoreSettings
from mi_plugins.stores import migrate
from mi_plugins.stores.sqlite_log import SqliteLog

async def main():
    log = SqliteLog(StoreSettings(f"sqlite:///{sys.argv[1]}"))
    sys.stdin.readline()
    await log.open()
    print(log._sealer.key_id)
    await log.close()

asyncio.run(main())
"""


def test_processes_that_make_the_log_at_once(tmp_path: Path) -> None:
    """The morning after the installation: every desk of the hospital starts in the same second."""
    desks = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", OPEN, str(tmp_path / "mi.db")], env=environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    for desk in desks:
        assert desk.stdin is not None
        desk.stdin.write("go\n")
        desk.stdin.flush()
    said = [desk.communicate(timeout=60) for desk in desks]
    assert [desk.returncode for desk in desks] == [0] * 4, said
    assert len({out for out, _ in said}) == 1, "one key"


def test_migrations_and_metadata_agree(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import create_engine

    from mi_core.catalog import schema_root

    path = tmp_path / "mi.db"
    assert migrate.current(path) is None
    assert migrate.upgrade(path) == (None, migrate.HEAD)
    assert migrate.upgrade(path) == (migrate.HEAD, migrate.HEAD)
    config = Config()
    config.set_main_option("script_location", str(schema_root() / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _on_sqlite})
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


def _on_sqlite(thing: Any, _name: Any, kind: str, *_rest: Any) -> bool:
    return not (kind == "table" and thing.info.get("servers only"))


def test_the_statements_name_every_column() -> None:
    columns = set(tables.operation_log.columns.keys()) - {"id"}
    named = {c for c in columns if c in sqlite_rows.INSERT or c in sqlite_rows.UPDATE}
    assert named == columns
