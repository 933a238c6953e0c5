"""The bridge's statements as MySQL, MariaDB and PostgreSQL want them. ``?`` marks a parameter. All times are Beijing time."""

from __future__ import annotations

from typing import Final

import attrs

from mi_core.journal.shared.dialect import MYSQL, POSTGRESQL, Dialect

__all__ = ["Speech", "speech_of"]

_COLUMNS: Final = (
    "request_id, interface_code, input_data, options, create_time, attempts, interrupted, begun, priority"
)
_RESPONSE: Final = (
    "request_id", "response_data", "infcode", "err_msg", "error_code", "operation_id", "msgid",
)  # fmt: skip


@attrs.frozen(eq=False)
class Speech:
    """Statements that differ, or are made of what differs."""

    dialect: Dialect
    now: str
    later: str
    """A time; one parameter, microseconds from now."""
    age: str
    """Seconds since ``create_time``."""
    put: str
    """Into the responses, in place of an earlier one."""

    @property
    def claim(self) -> str:
        """Parameter: how many at most."""
        return f"""SELECT {_COLUMNS}, {self.age} FROM medical_insurance_requests
            WHERE status = 'PENDING' AND due_time <= {self.now} ORDER BY priority, request_id LIMIT ?
            FOR UPDATE SKIP LOCKED"""  # noqa: S608  # constants only

    @property
    def reread(self) -> str:
        """One request in doubt. Parameter: its number."""
        return f"SELECT {_COLUMNS}, {self.age} FROM medical_insurance_requests WHERE request_id = ? AND status = 'IN_DOUBT'"  # noqa: S608  # constants only

    def sql(self, text: str) -> str:
        """With the driver's marks."""
        return self.dialect.sql(text)


def _put(conflict: str, value: str, now: str) -> str:
    updates = ", ".join(f"{name} = {value.format(name)}" for name in _RESPONSE[1:])
    marks = ", ".join("?" * len(_RESPONSE))
    return f"INSERT INTO medical_insurance_responses ({', '.join(_RESPONSE)}) VALUES ({marks}) {conflict} {updates}, create_time = {now}"  # noqa: S608  # constants only


_MYSQL: Final = Speech(
    MYSQL, "(UTC_TIMESTAMP(3) + INTERVAL 8 HOUR)", "(UTC_TIMESTAMP(3) + INTERVAL 8 HOUR + INTERVAL ? MICROSECOND)",
    "TIMESTAMPDIFF(MICROSECOND, create_time, UTC_TIMESTAMP(3) + INTERVAL 8 HOUR) / 1000000",
    _put("ON DUPLICATE KEY UPDATE", "VALUES({})", "UTC_TIMESTAMP(3) + INTERVAL 8 HOUR"),
)  # fmt: skip
_POSTGRESQL: Final = Speech(
    POSTGRESQL, "CAST(clock_timestamp() AT TIME ZONE INTERVAL '8 hours' AS TIMESTAMP(3))",
    "CAST(clock_timestamp() AT TIME ZONE INTERVAL '8 hours' + CAST(? AS DOUBLE PRECISION) * INTERVAL '1 microsecond' AS TIMESTAMP(3))",
    "EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE INTERVAL '8 hours' - create_time)",
    _put("ON CONFLICT (request_id) DO UPDATE SET", "EXCLUDED.{}", "clock_timestamp() AT TIME ZONE INTERVAL '8 hours'"),
)  # fmt: skip


def speech_of(dialect: str) -> Speech:
    """Of ``mysql`` (MariaDB too) or ``postgresql``."""
    return _POSTGRESQL if dialect == "postgresql" else _MYSQL
