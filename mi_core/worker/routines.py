"""Procedures of MySQL, which has no CREATE OR REPLACE for them: whoever drops one takes the rights to it away, too.

So a procedure that is as it should be is left alone, and the rights to one that has to be made anew are read before and given
back after. MariaDB needs none of this.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

__all__ = ["renew", "run"]

_BODY: Final = re.compile(r"(?ms)^BEGIN$.*")
_HEAD: Final = re.compile(
    r"(?s)\A(?:\s*--[^\n]*\n)*\s*CREATE (?:OR REPLACE )?PROCEDURE\s+\w+\s*\((.*?)\)\s*SQL SECURITY"
)
_STANDS: Final = """SELECT r.ROUTINE_DEFINITION, r.SECURITY_TYPE, r.SQL_MODE, (
        SELECT GROUP_CONCAT(CONCAT_WS(' ', p.PARAMETER_MODE, p.PARAMETER_NAME, p.DTD_IDENTIFIER)
            ORDER BY p.ORDINAL_POSITION SEPARATOR ', ') FROM information_schema.PARAMETERS p
        WHERE p.SPECIFIC_SCHEMA = r.ROUTINE_SCHEMA AND p.SPECIFIC_NAME = r.ROUTINE_NAME)
    FROM information_schema.ROUTINES r WHERE r.ROUTINE_SCHEMA = DATABASE() AND r.ROUTINE_NAME = %s
        AND r.ROUTINE_TYPE = 'PROCEDURE'"""
_RIGHTS: Final = """SELECT DATABASE(), User, Host, Proc_priv FROM mysql.procs_priv
    WHERE Db = DATABASE() AND Routine_name = %s AND Routine_type = 'PROCEDURE' ORDER BY User, Host"""


async def run(connection: Any, statement: str, *values: object) -> Any:
    """A statement as it stands."""
    return await connection.exec_driver_sql(statement if values else statement.replace("%", "%%"), values)


async def renew(connection: Any, name: str, statement: str) -> list[str]:
    """Make procedure ``name`` by ``statement`` unless it is the same already. The rights that were taken away by that and could
    not be given back, as statements for an administrator; who had them is unknown where ``mysql.procs_priv`` may not be read.
    """
    found = (await run(connection, _STANDS, name)).fetchall()
    if found and _same(found[0], statement):
        return []
    grants = await _grants(connection, name) if found else []
    unknown = [] if grants is not None else [f"-- {name}: mi bridge sql --grants"]
    await run(connection, f"DROP PROCEDURE IF EXISTS {name}")
    await run(connection, statement)
    lost = unknown
    for grant in grants or ():
        try:
            await run(connection, grant)
        except DBAPIError:  # who installs may make procedures, and not give rights to them
            lost.append(grant)
    return lost


def _same(stands: Any, statement: str) -> bool:
    """Body and parameters as the script has them. ``sql_mode`` is kept with a procedure and does not matter for ours."""
    definition, security, _, parameters = stands
    body, head = _BODY.search(statement), _HEAD.match(statement)
    if body is None or head is None or security != "DEFINER":
        return False
    return _plain(definition or "") == _plain(body[0]) and _types(parameters or "") == _types(head[1])


def _plain(text: str) -> str:
    return " ".join(text.split())


def _types(text: str) -> list[str]:
    """Direction, name and type of each parameter; display widths and charsets differ between servers and do not count."""
    parts = re.sub(r"(?i)\s+(CHARACTER SET|CHARSET|COLLATE)\s+\w+", "", text).lower()
    parts = re.sub(r"\b(int|bigint)\(\d+\)", r"\1", parts)
    return [_plain(part) for part in parts.split(",")]


async def _grants(connection: Any, name: str) -> list[str] | None:
    """Statements that give the present rights again; ``None``: this account may not know them."""
    try:
        rows = (await run(connection, _RIGHTS, name)).fetchall()
    except DBAPIError:
        return None
    made = []
    for database, user, host, rights in rows:
        names = rights if isinstance(rights, str) else ",".join(sorted(rights))
        kinds = [one.strip().upper() for one in names.split(",") if one.strip()]
        beside = " WITH GRANT OPTION" if "GRANT" in kinds else ""
        kinds = [one for one in kinds if one != "GRANT"] or ["USAGE"]
        who = f"{_quoted(user)}@{_quoted(host)}"
        place = ".".join(f"`{part.replace('`', '``')}`" for part in (database, name))
        made.append(f"GRANT {', '.join(kinds)} ON PROCEDURE {place} TO {who}{beside}")
    return made


def _quoted(name: str) -> str:
    return "'" + name.replace("\\", "\\\\").replace("'", "''") + "'"
