"""Gateways of which each breaks one thing of the contract."""

from __future__ import annotations

import time
from typing import Any

import attrs

from mi_core.plugin import GatewaySettings, HttpReply, HttpRequest


class Gateway:
    """Signs nothing; each test spoils one thing."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.settings = settings

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        return HttpRequest(self.settings.url, {"X-Time": str(now_ms)}, body)

    def open(self, reply: HttpReply) -> bytes:
        return reply.body


class Rounding(Gateway):
    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        return HttpRequest(self.settings.url, {}, body.replace(b"128.50", b"128.5"))


class Relative(Gateway):
    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        return HttpRequest("/gateway", {}, body)


class Splitting(Gateway):
    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        return HttpRequest(self.settings.url, {"X-A": "a\r\nX-B: b"}, body)


class OwnClock(Gateway):
    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        return HttpRequest(self.settings.url, {"X-Time": str(int(time.time()))}, body)


class Rounded(Gateway):
    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        return HttpRequest(self.settings.url, {"X-Time": str(now_ms // 1000 * 1000)}, body)


class Chatty(Gateway):
    def __repr__(self) -> str:
        return f"Gateway({self.settings.secret_key.reveal()})"


class InTheAddress(Gateway):
    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        return HttpRequest(f"{self.settings.url}?key={self.settings.secret_key.reveal()}", {}, body)


class Raising(Gateway):
    def open(self, reply: HttpReply) -> bytes:
        return bytes([reply.body[0]])


class Texting(Gateway):
    def open(self, reply: HttpReply) -> Any:
        return reply.body.decode("latin-1")


class Asking(Gateway):
    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        import socket

        socket.getaddrinfo("127.0.0.1", 80)
        return super().seal(infno, body, now_ms)


class Wandering(Gateway):
    calls = 0

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        self.calls += 1
        return HttpRequest(f"{self.settings.url}/{self.calls}", {}, body)


class WrongToken(Gateway):
    def token_request(self, now_ms: int) -> HttpRequest:
        return HttpRequest(self.settings.url, {}, b"")

    def token_reply(self, reply: HttpReply, now_ms: int) -> Any:
        return "token"


@attrs.frozen(kw_only=True)
class Undescribed(GatewaySettings):
    app: str = "x"


class Silent(Gateway):
    settings_class = Undescribed
