"""``zj-ca`` (Zhejiang): ``x-ca-key``, and ``x-ca-signature`` = ``<s>:<UPPER HEX HMAC-SM3(secret, "<s>\\n" + body)>``.

``<s>`` are seconds; the body is signed byte for byte as it is sent. Every interface has a path of its own; here any path
will do, and one that ends with an interface must be that of the message.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from typing import Any, Final

from mi_core.crypto import software
from mi_plugins.sandbox.explain import Guess, octets, tell
from mi_plugins.sandbox.explain_wrong import tell_missing, tell_value
from mi_plugins.sandbox.profiles.base import Admitted, Arrival, Refused, interface_of, stale

__all__ = ["CA_KEY", "CA_SECRET", "ZjCa", "signature"]

CA_KEY: Final = "sandbox-ca-key"
CA_SECRET: Final = "sandbox-ca-secret"  # noqa: S105  # published: it protects invented people on localhost


def _digest(data: bytes, secret: str) -> str:
    return software().hmac_sm3(secret.encode(), data).hex().upper()


def signature(stamp: str, secret: str, body: bytes) -> str:
    """``x-ca-signature``."""
    return stamp + ":" + _digest(stamp.encode() + b"\n" + body, secret)


class ZjCa:
    """Checks key, time and signature."""

    name: Final = "zj-ca"

    def __init__(self, ca_key: str = CA_KEY, ca_secret: str = CA_SECRET) -> None:
        self._key, self._secret = ca_key, ca_secret

    def admit(self, arrival: Arrival) -> Admitted:
        """Check the two headers against the body's bytes."""
        key, given = arrival.headers.get("x-ca-key", ""), arrival.headers.get("x-ca-signature", "")
        stamp, _, digest = given.partition(":")
        if not (key and stamp and digest):
            tell_missing(self.name, ("x-ca-key", "x-ca-signature"), arrival.headers)
            raise Refused("沙箱网关：缺少x-ca请求头，或x-ca-signature不是“秒:签名”")
        if wrong := stale(stamp, 10, arrival):
            raise Refused(wrong)
        if key != self._key:
            tell_value(self.name, "x-ca-key", self._key, key)
            raise Refused("沙箱网关：未知的x-ca-key")
        if not hmac.compare_digest(signature(stamp, self._secret, arrival.body).encode(), octets(given)):
            tell(self.name, _shown(stamp, arrival.body), _guesses(stamp, arrival.body, digest, self._secret))
            raise Refused("沙箱网关：签名不符")
        return Admitted(arrival.body, interface_of(arrival.path))

    def config(self, url: str) -> dict[str, Any]:
        """For ``[institutions.X.gateway]``."""
        return {
            "url": f"{url}/{self.name}",
            "url_rule": "code",
            "ca_key": self._key,
            "ca_secret": self._secret,
        }


def _shown(stamp: str, body: bytes) -> str:
    return f"{stamp}\n{body.decode(errors='replace')}"


def _guesses(stamp: str, body: bytes, given: str, secret: str) -> Iterator[Guess]:
    digest = given.upper()

    def guess(zh: str, en: str, data: bytes) -> Guess:
        return Guess(zh, en, data.decode(errors="replace"), _digest(data, secret) == digest)

    head = stamp.encode() + b"\n"
    yield guess("签名须为大写十六进制", "the signature is upper-case hex", head + body)
    yield guess("时间戳与报文之间缺少换行", "no line feed between time stamp and body", stamp.encode() + body)
    yield guess("只签了报文，没有时间戳", "only the body was signed, without the time stamp", body)
    yield guess("报文后多了换行", "a line feed after the body", head + body + b"\n")
    try:
        content = json.loads(body)
    except ValueError:
        return
    for ascii_only in (False, True):
        for separators in ((",", ":"), (", ", ": ")):
            for by_name in (False, True):
                text = json.dumps(content, ensure_ascii=ascii_only, separators=separators, sort_keys=by_name)
                yield guess("签名的是重新生成的JSON，不是实际发送的字节", "another writing of the JSON was signed, not the bytes sent",
                            head + text.encode())  # fmt: skip
