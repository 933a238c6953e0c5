"""The journal's SQL as MySQL, MariaDB and PostgreSQL want it: marks of parameters, the server's clock, types of columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

__all__ = ["MYSQL", "POSTGRESQL", "Dialect"]


def _format(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


def _numbered(sql: str) -> str:
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{piece}" for number, piece in enumerate(rest, start=1))


@attrs.frozen(eq=False)
class Dialect:
    """Data about one family of servers. The journal's statements have no literal question mark."""

    name: str
    now: str
    """The server's clock, milliseconds since 1970."""
    types: Mapping[str, str]
    snapshot: str
    """Opens a transaction that sees one state and cannot write."""
    _marks: Callable[[str], str]
    _known: dict[str, str] = attrs.field(factory=dict, init=False, repr=False)

    def sql(self, text: str) -> str:
        """``text`` with the driver's marks instead of ``?``."""
        found = self._known.get(text)
        if found is None:
            found = self._marks(text)
            if len(self._known) < 500:
                self._known[text] = found
        return found


MYSQL: Final = Dialect(
    "mysql", "CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)",
    {
        "id": "VARCHAR(64)", "name": "VARCHAR(255)", "text": "MEDIUMTEXT", "int": "BIGINT", "hash": "VARBINARY(32)",
        "blob": "LONGBLOB", "end": "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
    },
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", _format,
)  # fmt: skip
POSTGRESQL: Final = Dialect(
    "postgresql", "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    {"id": 'TEXT COLLATE "C"', "name": "TEXT", "text": "TEXT", "int": "BIGINT", "hash": "BYTEA", "blob": "BYTEA", "end": ""},
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", _numbered,
)  # fmt: skip
