"""The keys, the cipher and the text to sign of ``envelope-sm``.

K1 = first 16 characters of ``appId``; X = SM4-ECB-PKCS7(K1, ``appSecret``); K = first 16 characters of X in upper-case
hex, *used as ASCII*. ``encData`` = upper-case hex of SM4-ECB-PKCS7(K, JSON).

Text: the outer map with ``data`` = the business object, without ``signData encData extra`` and, at every depth, without
``null``, ``""`` and ``[]``; every top key as ``k=v&``, these strings sorted without regard to case, then ``key=<secret>``.
``data`` is compact JSON, keys sorted by code point, every scalar a JSON string with its number as it was written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

import attrs

from mi_core.crypto import Ecb, software

__all__ = ["RULE", "Rule", "decrypted", "encrypted", "message_key", "read_literally", "sign_text"]

_NOT_SIGNED: Final = frozenset({"signData", "encData", "extra"})
_EMPTY: Final[tuple[object, ...]] = (None, "", [])


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def message_key(app_id: str, secret: str) -> bytes:
    """K."""
    return software().sm4_encrypt(app_id[:16].encode(), secret.encode(), Ecb()).hex().upper()[:16].encode()


def encrypted(key: bytes, data: bytes) -> str:
    """``encData``."""
    return software().sm4_encrypt(key, data, Ecb()).hex().upper()


def decrypted(key: bytes, cipher: str) -> bytes:
    """The reverse; raises ``ValueError`` or ``DecryptionFailed``."""
    return software().sm4_decrypt(key, bytes.fromhex(cipher), Ecb())


def read_literally(text: bytes) -> Any:
    """JSON whose numbers stay as written. Raises ``ValueError``, also for a key that stands twice."""
    return json.loads(
        text.decode(), parse_float=_Number, parse_int=_Number, parse_constant=_no_constant, object_pairs_hook=_unique
    )  # fmt: skip


@attrs.frozen
class Rule:
    """How the text is made; what differs from the defaults is a mistake that :mod:`explain` looks for."""

    drop_empty: bool = True
    quote_numbers: bool = True
    escape: bool = False
    sort_key: Callable[[str], str] = str.lower
    sort_data: bool = True
    spaced: bool = False


RULE: Final = Rule()


def sign_text(outer: Mapping[str, Any], business: object, secret: str, rule: Rule = RULE) -> str:
    """The text; ``outer`` and ``business`` were read by :func:`read_literally`, or hold texts only."""
    whole: dict[str, Any] = {name: value for name, value in outer.items() if name not in _NOT_SIGNED}
    if business is not None:
        whole["data"] = business
    if rule.drop_empty:
        whole = _without_empty(whole)
    parts = sorted((f"{name}={_written(value, rule)}&" for name, value in whole.items()), key=rule.sort_key)
    return "".join(parts) + f"key={secret}"


def _without_empty(content: Any) -> Any:
    if isinstance(content, dict):
        pruned = {name: _without_empty(value) for name, value in content.items()}
        return {name: value for name, value in pruned.items() if value not in _EMPTY}
    if isinstance(content, list):
        return [value for value in map(_without_empty, content) if value not in _EMPTY]
    return content


def _written(value: Any, rule: Rule) -> str:
    if isinstance(value, (dict, list)):
        return _json(value, rule)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(value: Any, rule: Rule) -> str:
    comma, colon = (", ", ": ") if rule.spaced else (",", ":")
    if isinstance(value, dict):
        names = sorted(value) if rule.sort_data else list(value)
        inner = (_string(name, rule) + colon + _json(value[name], rule) for name in names)
        return "{" + comma.join(inner) + "}"
    if isinstance(value, list):
        return "[" + comma.join(_json(one, rule) for one in value) + "]"
    if value is None:
        return "null"
    bare = isinstance(value, (_Number, bool))
    text = _written(value, rule)
    return text if bare and not rule.quote_numbers else _string(text, rule)


def _string(text: str, rule: Rule) -> str:
    return json.dumps(str(text), ensure_ascii=rule.escape)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result
