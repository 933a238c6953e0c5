"""The ways in which the sandbox says no: as a gateway, as a bureau, and to whoever steers it."""

from __future__ import annotations

__all__ = ["BureauRefusal", "GatewayRefusal", "WrongOrder"]


class GatewayRefusal(Exception):
    """Refused by the service gateway before the bureau saw the message: ``{"code":401,"message":…}``."""


class BureauRefusal(Exception):
    """Refused by the bureau: ``infcode`` -1 with this text as ``err_msg``. Nothing was done.

    The texts are the sandbox's own. No client may know them: a test that passes because it recognises one proves nothing.
    """


class WrongOrder(ValueError):
    """What a control endpoint or a file of orders asks for cannot be done; ``str`` is the English text."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en
