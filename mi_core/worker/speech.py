"""The bridge's statements as MySQL, MariaDB and PostgreSQL want them. ``?`` marks a parameter. All times are Beijing time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import attrs

from mi_core.journal.shared.dialect import MYSQL, POSTGRESQL, Dialect

__all__ = ["COLUMNS", "RESPONSE", "Speech", "marks", "microseconds", "speech_of"]

COLUMNS: Final = (
    "request_id", "interface_code", "input_data", "options", "create_time", "interrupted", "begun", "priority",
)  # fmt: skip
"""Of a request in a worker's hands; the next two are its age in seconds and how often it was taken up."""
RESPONSE: Final = (
    "request_id", "response_data", "infcode", "err_msg", "error_code", "operation_id", "msgid",
)  # fmt: skip


@attrs.frozen(eq=False)
class Speech:
    """What differs."""

    dialect: Dialect
    now: str
    later: str
    """A time; one parameter, microseconds from now."""
    age: str
    """Seconds since ``create_time``."""
    columns: str
    """What to select for :data:`COLUMNS` and the age, and …"""
    row: Callable[[Sequence[Any]], Sequence[Any]]
    """… how to read it."""

    @property
    def reread(self) -> str:
        """One request in doubt. Parameter: its number."""
        return f"SELECT {self.columns}, attempts FROM medical_insurance_requests WHERE request_id = ? AND status = 'IN_DOUBT'"  # noqa: S608  # constants only

    def sql(self, text: str) -> str:
        """With the driver's marks."""
        return self.dialect.sql(text)


def marks(values: Collection[Any]) -> str:
    """For ``IN (…)``."""
    return ", ".join("?" * len(values))


def microseconds(seconds: float) -> int:
    """For :attr:`Speech.later`."""
    return round(seconds * 1_000_000)


_MYSQL_AGE: Final = "TIMESTAMPDIFF(MICROSECOND, create_time, UTC_TIMESTAMP(3) + INTERVAL 8 HOUR)"
_PACKED: Final = (
    "CONCAT_WS(' ', request_id, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', create_time), interrupted, begun, priority, "
    f"{_MYSQL_AGE}), interface_code, input_data, options"
)
"""All numbers in one text: the driver is written in Python and takes its time for every column of every row."""
_EPOCH: Final = dt.datetime(1970, 1, 1)  # Beijing time, as the column has it


def _unpacked(row: Sequence[Any]) -> Sequence[Any]:
    packed, code, data, options, attempts = row
    number, created, interrupted, begun, priority, age = map(int, packed.split())
    since = _EPOCH + dt.timedelta(microseconds=created)
    return (number, code, data, options, since, interrupted, begun, priority, age / 1_000_000, attempts)


def _plain(row: Sequence[Any]) -> Sequence[Any]:
    return row


_POSTGRESQL_AGE: Final = "CAST(EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE INTERVAL '8 hours' - create_time) AS DOUBLE PRECISION)"
_MYSQL: Final = Speech(
    MYSQL, "(UTC_TIMESTAMP(3) + INTERVAL 8 HOUR)", "(UTC_TIMESTAMP(3) + INTERVAL 8 HOUR + INTERVAL ? MICROSECOND)",
    f"{_MYSQL_AGE} / 1000000", _PACKED, _unpacked,
)  # fmt: skip
_POSTGRESQL: Final = Speech(
    POSTGRESQL, "CAST(clock_timestamp() AT TIME ZONE INTERVAL '8 hours' AS TIMESTAMP(3))",
    "CAST(clock_timestamp() AT TIME ZONE INTERVAL '8 hours' + CAST(? AS DOUBLE PRECISION) * INTERVAL '1 microsecond' AS TIMESTAMP(3))",
    _POSTGRESQL_AGE, f"{', '.join(COLUMNS)}, {_POSTGRESQL_AGE}", _plain,
)  # fmt: skip


def speech_of(dialect: str) -> Speech:
    """Of ``mysql`` (MariaDB too) or ``postgresql``."""
    return _POSTGRESQL if dialect == "postgresql" else _MYSQL
