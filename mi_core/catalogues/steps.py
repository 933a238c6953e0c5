"""Tables of the catalogues' database that know their version: steps done once, by one process at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, inspect, select, text

from mi_core.errors import StoreError

__all__ = ["Steps"]


@attrs.frozen
class Steps:
    """A group of tables, ``name`` in its own words for the server's lock; ``done[n]`` leads to version n + 1."""

    name: str
    zh: str
    en: str
    lock: int
    """PostgreSQL's number of the lock."""
    done: tuple[Callable[[Connection], None], ...]

    @property
    def version(self) -> int:
        """The version this program reads and writes."""
        return len(self.done)

    @property
    def _schema(self) -> Table:
        return Table(f"mi_{self.name}_schema", MetaData(), Column("version", Integer, primary_key=True))

    def migrate(self, connection: Connection) -> None:
        """Bring the tables to :attr:`version`, inside the caller's transaction; processes that start at once take turns.

        Raises :class:`StoreError` for those of a newer program.
        """
        if self.found(connection) == self.version:
            return
        dialect, marked = connection.dialect.name, f"concat('mi_{self.name}.', left(DATABASE(), 40))"
        if dialect == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({self.lock})"))
        elif dialect in _MYSQL:
            connection.execute(text(f"SELECT GET_LOCK({marked}, 60)"))
        try:
            self._steps(connection)
        finally:
            if dialect in _MYSQL:
                connection.execute(text(f"SELECT RELEASE_LOCK({marked})"))

    def _steps(self, connection: Connection) -> None:
        found, schema = self.found(connection), self._schema
        if found > self.version:
            raise StoreError(
                f"{self.zh}的结构版本为 {found}，本程序到 {self.version} 为止",
                f"{self.en}: version {found}, this program goes up to {self.version}",
                hint_zh="升级本程序", hint_en="upgrade this program",
            )  # fmt: skip
        schema.create(connection, checkfirst=True)
        for number, step in enumerate(self.done[found:], start=found + 1):
            step(connection)
            connection.execute(insert(schema).values(version=number))

    def found(self, connection: Connection) -> int:
        """The version that is there; 0 when there is nothing."""
        schema = self._schema
        if not inspect(connection).has_table(schema.name):
            return 0
        return max(connection.execute(select(schema.c.version)).scalars(), default=0)


_MYSQL: Final = ("mysql", "mariadb")
