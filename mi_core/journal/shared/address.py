"""``mysql://user@host:3306/database`` and ``postgresql://…``: the address of a shared journal, without its password in texts.

Options after ``?``: ``password_file`` (instead of a password in the address), ``driver`` (``asyncmy`` instead of
``aiomysql``), ``ca_file`` (TLS with this CA). The journal wants a database of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import attrs
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from mi_core.errors import ConfigError

__all__ = ["Address"]

_DRIVERS: Final = {
    "mysql": ("aiomysql", "asyncmy"), "mariadb": ("aiomysql", "asyncmy"), "postgresql": ("asyncpg",),
}  # fmt: skip
_OPTIONS: Final = frozenset({"password_file", "driver", "ca_file"})


@attrs.frozen
class Address:
    """A parsed address; ``url`` is SQLAlchemy's and carries the password, ``shown`` is for people."""

    url: URL = attrs.field(repr=False)
    shown: str
    ca_file: Path | None = None

    @property
    def postgresql(self) -> bool:
        """PostgreSQL, as opposed to MySQL and MariaDB."""
        return self.url.get_backend_name() == "postgresql"

    @classmethod
    def read(cls, text: str, zh: str = "共享日志", en: str = "the shared journal") -> Address:
        """Parse; raises ``ConfigError``, which never shows the password. ``zh``, ``en``: whose address it is."""
        try:
            return cls._read(text)
        except _Wrong as wrong:
            raise ConfigError(
                f"{zh}的地址{wrong.zh}", f"the address of {en} {wrong.en}",
                hint_zh="写法：mysql://用户@主机/库?password_file=文件 或 postgresql://用户@主机/库",
                hint_en="write mysql://user@host/database?password_file=file or postgresql://user@host/database",
            ) from None  # fmt: skip

    @classmethod
    def _read(cls, text: str) -> Address:
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise _Wrong("无法解析", "cannot be read") from None
        scheme = url.drivername
        if scheme not in _DRIVERS:
            raise _Wrong(f"不能用 {scheme}", f"cannot be {scheme}")
        options = {key: value if isinstance(value, str) else value[-1] for key, value in url.query.items()}
        if unknown := sorted(options.keys() - _OPTIONS):
            raise _Wrong(f"有未知选项 {'、'.join(unknown)}", f"has unknown options {', '.join(unknown)}")
        if not url.host or not url.database:
            raise _Wrong("缺少主机或库名", "lacks host or database")
        driver = options.get("driver", _DRIVERS[scheme][0])
        if driver not in _DRIVERS[scheme]:
            raise _Wrong(f"不支持驱动 {driver}", f"names the driver {driver}, which is not supported")
        backend = "postgresql" if scheme == "postgresql" else "mysql"
        bare = url.set(drivername=f"{backend}+{driver}", query={})
        if "password_file" in options:
            bare = bare.set(password=_password(Path(options["password_file"])))
        shown = f"{scheme}://{url.host}{f':{url.port}' if url.port else ''}/{url.database}"
        return cls(bare, shown, Path(options["ca_file"]) if "ca_file" in options else None)


def _password(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise _Wrong(
            f"所指密码文件 {path} 无法读取：{error.strerror}",
            f"names the password file {path}, which cannot be read: {error.strerror}",
        ) from None


class _Wrong(Exception):
    """What follows "the address"."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en
