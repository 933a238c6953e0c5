"""Why a message was refused before its signature was looked at: another id, another password, another path, a header missing.

Told on the console like a wrong signature. Ids are shown, secrets never: of a secret only how it differs (length, blanks
around it, upper and lower case).
"""

from __future__ import annotations

import base64
import binascii
import difflib
from collections.abc import Collection, Mapping

from mi_core.cli.text import t
from mi_plugins.sandbox.explain import first_difference, tell_lines

__all__ = ["tell_basic", "tell_missing", "tell_path", "tell_value"]


def tell_value(profile: str, name: str, right: str, given: str, *, secret: bool = False) -> None:
    """``name`` is the header or key; both values differ."""
    lines = [t(f"[{profile}] {name} 不一致", f"[{profile}] {name} is another one")]
    if not secret:
        lines += [
            t(f"  沙箱  {right!r}", f"  sandbox  {right!r}"),
            t(f"  对方  {given!r}", f"  caller   {given!r}"),
        ]
        at = first_difference(right, given)
        lines.append(t(f"  第 {at} 字节起不同", f"  they differ from byte {at}"))
    cause = _cause(right, given)
    if cause:
        lines.append(t(f"  原因：{cause[0]}", f"  cause: {cause[1]}"))
    elif secret:
        lines.append(t(f"  沙箱的有 {len(right)} 个字符，对方的有 {len(given)} 个（密码不显示）",
                       f"  the sandbox's has {len(right)} characters, the caller's {len(given)} (secrets are not shown)"))  # fmt: skip
    tell_lines(lines)


def _cause(right: str, given: str) -> tuple[str, str] | None:
    """The usual ways to get a value wrong."""
    if not given:
        return "为空", "it is empty"
    if given.strip() == right:
        return "首尾有空白或换行", "blanks or line feeds around it"
    if given.strip("\"'") == right:
        return "连同引号一起发送", "it was sent with its quotes"
    if given.lower() == right.lower():
        return "大小写不同", "upper and lower case differ"
    try:
        if base64.b64decode(given, validate=True).decode() == right:
            return "发送的是其 Base64", "its Base64 was sent"
    except (binascii.Error, ValueError):
        pass
    return None


def tell_path(profile: str, given: str, known: Collection[str]) -> None:
    """No such path; the nearest known ones are named."""
    near = difflib.get_close_matches(given, known, n=3, cutoff=0.5)
    shown = "、".join(f"/{one}" for one in near or sorted(known))
    tell_lines([
        t(f"[{profile}] 没有路径 {('/' + given)!r}", f"[{profile}] there is no path {('/' + given)!r}"),
        t(f"  {'相近的' if near else '已知的'}：{shown}", f"  {'near' if near else 'known'} ones: {shown}"),
    ])  # fmt: skip


def tell_missing(profile: str, wanted: Collection[str], headers: Mapping[str, str]) -> None:
    """Headers that are not there, or empty."""
    absent = [name for name in wanted if not headers.get(name)]
    there = sorted(name for name in headers if name.lower() not in _USUAL)
    tell_lines([
        t(f"[{profile}] 缺少请求头 {'、'.join(absent)}", f"[{profile}] headers missing: {', '.join(absent)}"),
        t(f"  收到的有：{'、'.join(there) or '（无）'}", f"  those that came: {', '.join(there) or '(none)'}"),
    ])  # fmt: skip


_USUAL = frozenset(
    {"host", "accept", "accept-encoding", "user-agent", "content-length", "content-type", "connection"}
)


def tell_basic(profile: str, given: str, user: str, password: str) -> None:
    """``Authorization: Basic`` of another client, with another secret, or in another form."""
    kind, _, encoded = given.partition(" ")
    if kind.lower() != "basic":
        tell_missing(profile, ("Authorization",), {})
        return
    try:
        said, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        said = secret = colon = ""
    if not colon:
        tell_lines([t(f"[{profile}] Authorization: Basic 后须为 Base64(client_id:client_secret)",
                      f"[{profile}] Authorization: Basic is followed by Base64(client_id:client_secret)")])  # fmt: skip
    elif said != user:
        tell_value(profile, "client_id", user, said)
    else:
        tell_value(profile, "client_secret", password, secret, secret=True)
