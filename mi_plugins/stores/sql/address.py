"""``mysql://user@host:3306/database`` and ``postgresql://…``: what an address of a log says, without its password in texts.

Options after ``?``: ``password_file`` (instead of a password in the address), ``spool`` (local file for rows that the
server does not take), ``driver`` (``asyncmy`` instead of ``aiomysql``), ``ca_file`` (TLS with this CA).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from mi_core.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["SCHEMES", "Address"]

SCHEMES = {"sqlite": "aiosqlite", "mysql": "aiomysql", "mariadb": "aiomysql", "postgresql": "asyncpg"}
"""Scheme of an address -> its driver."""
_OPTIONS = {"password_file", "spool", "driver", "ca_file"}


@attrs.frozen
class Address:
    """A parsed address; ``url`` is SQLAlchemy's and carries the password, ``shown`` is for people."""

    url: URL = attrs.field(repr=False)
    shown: str
    spool: Path | None = None
    ca_file: Path | None = None

    @property
    def server(self) -> bool:
        """Whether a server answers there, not a file."""
        return self.url.get_backend_name() != "sqlite"

    @property
    def postgresql(self) -> bool:
        """PostgreSQL, as opposed to MySQL, MariaDB and SQLite."""
        return self.url.get_backend_name() == "postgresql"

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return Path(self.url.database or "")

    @classmethod
    def read(cls, text: str) -> Address:
        """Parse; raises ``ConfigError``."""
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise _wrong(
                "操作日志的地址无法解析", "the address of the operation log cannot be read"
            ) from None
        scheme = url.drivername
        if scheme not in SCHEMES:
            raise _wrong(f"操作日志不能用 {scheme}", f"the operation log cannot be kept in {scheme}")
        if scheme == "sqlite":
            if not url.database:
                raise _wrong("地址缺少文件名", "the address names no file")
            return cls(url.set(drivername="sqlite+aiosqlite"), str(url))
        options = {k: v if isinstance(v, str) else v[-1] for k, v in url.query.items()}
        unknown = sorted(options.keys() - _OPTIONS)
        if unknown or not url.host or not url.database:
            raise _wrong(
                f"操作日志地址有误：{'未知选项 ' + '、'.join(unknown) if unknown else '缺少主机或库名'}",
                f"wrong address of the operation log: {'unknown ' + ', '.join(unknown) if unknown else 'host or database missing'}",
            )
        driver = options.get("driver", SCHEMES[scheme])
        if driver not in ({"asyncpg"} if scheme == "postgresql" else {"aiomysql", "asyncmy"}):
            raise _wrong(f"不支持驱动 {driver}", f"driver {driver} is not supported")
        bare = url.set(drivername=f"{'mysql' if scheme == 'mariadb' else scheme}+{driver}", query={})
        if "password_file" in options:
            bare = bare.set(password=_password(Path(options["password_file"])))
        shown = f"{scheme}://{url.host}{f':{url.port}' if url.port else ''}/{url.database}"
        return cls(
            bare, shown, Path(options["spool"]) if "spool" in options else None,
            Path(options["ca_file"]) if "ca_file" in options else None,
        )  # fmt: skip


def _password(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise _wrong(
            f"密码文件 {path} 无法读取：{error.strerror}",
            f"the password file {path} cannot be read: {error.strerror}",
        ) from None


def _wrong(zh: str, en: str) -> ConfigError:
    return ConfigError(
        zh, en,
        hint_zh="写法：sqlite:///文件、mysql://用户@主机/库?password_file=文件、postgresql://用户@主机/库",
        hint_en="write sqlite:///file, mysql://user@host/database?password_file=file or postgresql://user@host/database",
    )  # fmt: skip
