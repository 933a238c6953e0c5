"""The sandbox's own clock: it can be moved while the sandbox runs (``mi sandbox clock +30m``).

Two clocks, as at a real bureau: the centre's, by which it dates and closes days, and the gateway's, by which it takes
signed messages. Moving the centre's leaves signatures valid, as callers sign with the time of their own machine; moving
the gateway's, too, makes their messages come too early or too late. A sandbox with a file (``--db``) keeps a moved clock
over a restart (:mod:`~mi_plugins.sandbox.clock_kept`); a scenario's ``clock`` is for books that are new.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, Final

from mi_plugins.sandbox.refusal import WrongOrder

__all__ = ["SandboxClock", "parse_shift"]

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SHIFT: Final = re.compile(r"([+-])(\d{1,9})([smhd])")
MAX_SHIFT: Final = 100 * 366 * 86400


class SandboxClock:
    """A clock that runs as ``base`` does, with a shift. Called, it tells the centre's time (naive Beijing time)."""

    def __init__(self, base: Callable[[], dt.datetime], ahead: dt.timedelta = dt.timedelta()) -> None:
        self._base = base
        self._centre, self._gateway = ahead, dt.timedelta()

    def __call__(self) -> dt.datetime:
        return self._base() + self._centre

    def gateway(self) -> dt.datetime:
        """By which time stamps of signatures are judged."""
        return self._base() + self._gateway

    def move(self, by: dt.timedelta, *, gateway: bool = False) -> None:
        """Forwards or backwards from where it stands. Raises ``ValueError`` beyond a hundred years."""
        if abs((self._centre + by).total_seconds()) > MAX_SHIFT:
            raise WrongOrder("时钟最多拨动一百年", "the clock can be moved by a hundred years at most")
        self._centre += by
        if gateway:
            self._gateway += by

    def set(self, to: dt.datetime, *, gateway: bool = False) -> None:
        """To a moment, from which it goes on."""
        self.move(to - self(), gateway=gateway)

    def reset(self) -> None:
        """As the machine's clock."""
        self._centre = self._gateway = dt.timedelta()

    def state(self) -> dict[str, Any]:
        """For the control endpoint: both times, and how far they were moved (seconds)."""
        return {
            "now": f"{self():%Y-%m-%d %H:%M:%S}", "gateway": f"{self.gateway():%Y-%m-%d %H:%M:%S}",
            "shift": self._centre.total_seconds(), "gateway_shift": self._gateway.total_seconds(),
        }  # fmt: skip

    @property
    def shifts(self) -> tuple[int, int]:
        """Both shifts in milliseconds: the centre's, the gateway's."""
        milli = dt.timedelta(milliseconds=1)
        return round(self._centre / milli), round(self._gateway / milli)

    def restore(self, centre: int, gateway: int) -> None:
        """As it stood (:attr:`shifts`), further on by what went by since."""
        self._centre, self._gateway = (dt.timedelta(milliseconds=one) for one in (centre, gateway))

    def change(self, order: object) -> None:
        """``{"move": "+30m"}``, ``{"set": "2026-01-31 23:59:00"}`` or ``{"reset": true}``, with ``"gateway": true`` both clocks.

        Raises ``ValueError`` for anything else.
        """
        kinds = WrongOrder(
            "须为 move、set、reset 之一，可加 gateway（true 或 false）",
            "one of move, set, reset, and gateway (true or false)",
        )
        if (
            not isinstance(order, dict)
            or len(set(order) - {"gateway"}) != 1
            or not isinstance(order.get("gateway", False), bool)
        ):
            raise kinds
        gateway = order.get("gateway", False)
        if "move" in order:
            self.move(parse_shift(str(order["move"])), gateway=gateway)
        elif "set" in order:
            try:
                to = dt.datetime.fromisoformat(str(order["set"]))
            except ValueError:
                text = str(order["set"])
                forms = "+30m, -2h, +1d, 2026-01-31 23:59:00"
                raise WrongOrder(
                    f"{text!r} 不是时间；可用 {forms} 或 reset", f"{text!r} is no time; {forms} or reset"
                ) from None
            if to.tzinfo is not None:
                raise WrongOrder("时间为北京时间，不带时区", "the time is Beijing time, without a zone")
            self.set(to, gateway=gateway)
        elif order.get("reset") is True:
            self.reset()
        else:
            raise kinds


def parse_shift(text: str) -> dt.timedelta:
    """``+30m``, ``-2h``, ``+1d``, ``+45s``. Raises ``ValueError``."""
    found = _SHIFT.fullmatch(text)
    if found is None:
        raise WrongOrder(
            f"{text!r} 不是 +30m、-2h、+1d 这样的拨动量", f"{text!r} is no shift such as +30m, -2h, +1d"
        )
    sign, number, unit = found.groups()
    return dt.timedelta(seconds=int(sign + number) * _UNITS[unit])
