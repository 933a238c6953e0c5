"""The two ways in which the sandbox says no."""

from __future__ import annotations

__all__ = ["BureauRefusal", "GatewayRefusal"]


class GatewayRefusal(Exception):
    """Refused by the service gateway before the bureau saw the message: ``{"code":401,"message":…}``."""


class BureauRefusal(Exception):
    """Refused by the bureau: ``infcode`` -1 with this text as ``err_msg``. Nothing was done.

    The texts are the sandbox's own. No client may know them: a test that passes because it recognises one proves nothing.
    """
