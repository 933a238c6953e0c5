"""Tokens: made once, shown once, kept as SHA-256 only, in a file that nobody else may read.

A token is 256 random bits, so a plain hash protects it as well as a slow one. Its name is the name of a desk, a program
or a person: whoever decides about a call in doubt does so under the name of the token, and two names are two persons.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from mi_core.errors import ConfigError, UnknownName
from mi_core.journal.owners import take_lock
from mi_core.journal.persons import Person, fold
from mi_core.serve.roles import ROLES
from mi_core.types import CHINA_TIME

__all__ = ["EVERY", "Token", "TokenFile"]

EVERY: Final = "*"
"""Stands for every configured institution."""
_MARK: Final = "mi_"
_FORM: Final = 1
_PATIENCE: Final = 10.0
"""Seconds to wait for another process that changes the file."""


@attrs.frozen(kw_only=True)
class Token:
    """One entry of the file."""

    id: str
    name: str
    roles: tuple[str, ...]
    institutions: tuple[str, ...]
    digest: str = attrs.field(repr=False)
    created: str
    expires: str | None = None
    """A day (yyyy-MM-dd, Beijing) after which it is no longer valid."""

    def may_see(self, institution: str) -> bool:
        """Whether the institution exists for this token."""
        return EVERY in self.institutions or institution in self.institutions

    def valid_on(self, day: dt.date) -> bool:
        """Whether it has not expired."""
        return self.expires is None or day.isoformat() <= self.expires


class TokenFile:
    """The file; read again when it was changed, so that a revoked token ends at once in a running service."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, ...] | None = None
        self._tokens: dict[str, Token] = {}

    def tokens(self) -> list[Token]:
        """All, in order of making; none where there is no file. Raises ``ConfigError`` for one that cannot be trusted."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            self._seen, self._tokens = None, {}
            return []
        except OSError as error:
            raise self._unusable(error.strerror or type(error).__name__) from None
        stamp = (
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_size,
            status.st_ino,
        )  # rights change the second
        if stamp != self._seen:
            if os.name == "posix" and status.st_mode & 0o077:
                raise ConfigError(
                    f"令牌文件 {self.path} 他人可读，未使用", f"the token file {self.path} can be read by others, it is not used",
                    hint_zh=f"chmod 600 {self.path}；已泄露的令牌请吊销", hint_en=f"chmod 600 {self.path}; revoke what may be known",
                )  # fmt: skip
            self._tokens = {token.digest: token for token in self._read()}
            self._seen = stamp
        return list(self._tokens.values())

    def find(self, secret: str, today: dt.date) -> Token | None:
        """The valid token of that secret; takes as long whichever it is."""
        digest, found = _digest(secret), None
        for token in self.tokens():
            if hmac.compare_digest(token.digest, digest) and token.valid_on(today):
                found = token
        return found

    def new(
        self, name: str, roles: Sequence[str], institutions: Sequence[str], *, expires: dt.date | None = None
    ) -> tuple[Token, str]:
        """Add one; the secret is returned and never seen again. Raises ``ConfigError`` for a name that is taken."""
        person = Person.named(name)
        unknown = sorted(set(roles) - set(ROLES))
        if unknown or not roles or not institutions:
            raise ConfigError(
                "令牌须有角色与机构", "a token needs roles and institutions",
                hint_zh=f"角色：{'、'.join(ROLES)}；机构：机构编号或 *", hint_en=f"roles: {', '.join(ROLES)}; institutions: codes or *",
            )  # fmt: skip
        secret = _MARK + secrets.token_urlsafe(32)
        token = Token(
            id=secrets.token_hex(4), name=person.name, roles=tuple(dict.fromkeys(roles)),
            institutions=tuple(dict.fromkeys(institutions)), digest=_digest(secret),
            created=dt.datetime.now(CHINA_TIME).strftime("%Y-%m-%d %H:%M:%S"),
            expires=None if expires is None else expires.isoformat(),
        )  # fmt: skip
        with self._alone():
            self._add(token)
        return token, secret

    def _add(self, token: Token) -> None:
        known = self.tokens()
        if any(fold(one.name) == fold(token.name) for one in known):
            raise ConfigError(
                f"已有名为 {token.name} 的令牌", f"there is a token of the name {token.name}",
                hint_zh="一人（一台、一程序）一个令牌；先吊销旧的：mi serve token revoke",
                hint_en="one token per person, desk or program; revoke the old one: mi serve token revoke",
            )  # fmt: skip
        self._write([*known, token])

    def revoke(self, which: str) -> Token:
        """Take one out, by id or name. Raises ``UnknownName``."""
        with self._alone():
            return self._take_out(which)

    def _take_out(self, which: str) -> Token:
        known = self.tokens()
        found = next((t for t in known if which == t.id or fold(which) == fold(t.name)), None)
        if found is None:
            raise UnknownName(
                f"没有令牌 {which}", f"there is no token {which}", hint_zh="用 mi serve token list 查看", hint_en="see: mi serve token list"
            )  # fmt: skip
        self._write([token for token in known if token != found])
        return found

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Read, change and write with nobody between: a token that was revoked must not come back with another's change."""
        until = time.monotonic() + _PATIENCE
        try:
            lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unusable(error.strerror or type(error).__name__) from None
        try:
            while not take_lock(lock):
                if time.monotonic() > until:
                    raise self._unusable("another process is changing it")
                time.sleep(0.02)
            yield
        finally:
            os.close(lock)

    def _read(self) -> list[Token]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            if content["form"] != _FORM:
                raise ValueError("form")
            return [_token(entry) for entry in content["tokens"]]
        except OSError as error:
            raise self._unusable(error.strerror or type(error).__name__) from None
        except (ValueError, KeyError, TypeError) as error:
            raise self._unusable(f"{type(error).__name__}: {error}") from None

    def _write(self, tokens: Sequence[Token]) -> None:
        """As a whole, beside and then in its place: a crash leaves the old file or the new one."""
        entries = [attrs.asdict(token) for token in tokens]
        text = json.dumps({"form": _FORM, "tokens": entries}, ensure_ascii=False, indent=1) + "\n"
        try:
            handle, name = tempfile.mkstemp(prefix=".tokens-", dir=self.path.parent)  # mode 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self.path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            raise self._unusable(error.strerror or type(error).__name__) from None
        self._seen = None

    def _unusable(self, why: str) -> ConfigError:
        return ConfigError(
            f"令牌文件 {self.path} 不能使用：{why}", f"the token file {self.path} cannot be used: {why}",
            hint_zh="检查路径与权限；损坏时删除后重新生成令牌", hint_en="check path and rights; delete a damaged one and make new tokens",
        )  # fmt: skip


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token(entry: dict[str, Any]) -> Token:
    token = Token(**{**entry, "roles": tuple(entry["roles"]), "institutions": tuple(entry["institutions"])})
    if not set(token.roles) <= set(ROLES) or len(token.digest) != 64:
        raise ValueError(f"token {token.id}")
    return token
