"""``tif`` (Guangzhou, Foshan, Zhongshan, Shenzhen, Hebei): ``x-tif-paasid``, ``x-tif-timestamp`` (seconds),
``x-tif-nonce``, ``x-tif-signature`` = lower hex SHA-256 of timestamp + secret + nonce + timestamp.

The address is one URL, or ends with the interface (``/tif/1101``). That a nonce is taken once only is the sandbox's own
rule; whether a real gateway remembers them is not known.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any, Final

from mi_plugins.sandbox.explain import SECRET, Guess, octets, tell
from mi_plugins.sandbox.explain_wrong import tell_missing, tell_value
from mi_plugins.sandbox.profiles.base import Admitted, Arrival, Refused, interface_of, stale

__all__ = ["PAAS_ID", "PAAS_SECRET", "Tif", "signature", "signed_text"]

PAAS_ID: Final = "sandbox-paas-id"
PAAS_SECRET: Final = "sandbox-paas-token"  # noqa: S105  # published: it protects invented people on localhost
MAX_NONCES: Final = 100_000


def signed_text(stamp: str, secret: str, nonce: str) -> str:
    """The text that is hashed."""
    return stamp + secret + nonce + stamp


def signature(stamp: str, secret: str, nonce: str) -> str:
    """``x-tif-signature``."""
    return hashlib.sha256(octets(signed_text(stamp, secret, nonce))).hexdigest()


class Tif:
    """Remembers the nonces of the time window."""

    name: Final = "tif"

    def __init__(self, paas_id: str = PAAS_ID, paas_token: str = PAAS_SECRET) -> None:
        self._id, self._secret = paas_id, paas_token
        self._seen: dict[tuple[str, str], int] = {}

    def admit(self, arrival: Arrival) -> Admitted:
        """Check the four headers."""
        names = ("x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature")
        paas, stamp, nonce, given = (arrival.headers.get(name, "") for name in names)
        if not (paas and stamp and nonce and given):
            tell_missing(self.name, names, arrival.headers)
            raise Refused("沙箱网关：缺少x-tif请求头")
        if wrong := stale(stamp, 10, arrival):
            raise Refused(wrong)
        if paas != self._id:
            tell_value(self.name, "x-tif-paasid", self._id, paas)
            raise Refused("沙箱网关：未知的x-tif-paasid")
        if not hmac.compare_digest(signature(stamp, self._secret, nonce).encode(), octets(given)):
            tell(self.name, signed_text(stamp, SECRET, nonce), _guesses(stamp, nonce, given, self._secret))
            raise Refused("沙箱网关：签名不符")
        self._once((stamp, nonce), arrival)
        return Admitted(arrival.body, interface_of(arrival.path))

    def config(self, url: str) -> dict[str, Any]:
        """For ``[institutions.X.gateway]``."""
        return {"url": f"{url}/{self.name}", "paas_id": self._id, "paas_token": self._secret}

    def _once(self, mark: tuple[str, str], arrival: Arrival) -> None:
        if mark in self._seen:
            raise Refused("沙箱网关：x-tif-nonce已用过")
        if len(self._seen) >= MAX_NONCES:
            oldest = arrival.now_ms - arrival.window_ms
            self._seen = {one: at for one, at in self._seen.items() if at >= oldest}
        self._seen[mark] = int(mark[0]) * 1000


def _guesses(stamp: str, nonce: str, given: str, secret: str) -> Iterator[Guess]:
    right = signature(stamp, secret, nonce)
    yield Guess(
        "签名须为小写十六进制",
        "the signature is lower-case hex",
        signed_text(stamp, SECRET, nonce),
        given.lower() == right,
    )
    orders = [
        ("末尾缺少时间戳", "the time stamp is missing at the end", "{t}{s}{n}"),
        ("密钥与随机数的次序颠倒", "secret and nonce change places", "{t}{n}{s}{t}"),
        ("缺少密钥", "the secret is missing", "{t}{n}{t}"),
        ("密钥在最前", "the secret stands first", "{s}{t}{n}{t}"),
        ("密钥在最前，末尾缺少时间戳", "the secret stands first, no time stamp at the end", "{s}{t}{n}"),
    ]  # fmt: skip
    for zh, en, order in orders:
        digest = hashlib.sha256(octets(order.format(t=stamp, s=secret, n=nonce))).hexdigest()
        yield Guess(zh, en, order.format(t=stamp, s=SECRET, n=nonce), digest == given.lower())
