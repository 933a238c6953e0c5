"""Which calls are hit by which fault: a share ``p`` of all calls, queries and reversals too, evenly over the kinds."""

from __future__ import annotations

from typing import Any, Final

import attrs

__all__ = ["TRUE_FENCE", "Timing", "orders"]


@attrs.frozen
class Timing:
    """Seconds. The simulator keeps them, however busy the machine is, so that the fence made of them is true."""

    acceptance: float = 0.7
    processing: float = 1.3
    lag: float = 0.4
    patience: float = 0.45
    """A call's deadline."""

    def scaled(self, factor: float) -> Timing:
        """Slower, for a machine that is busy with other things."""
        return Timing(
            *(value * factor for value in (self.acceptance, self.processing, self.lag, self.patience))
        )

    @property
    def fence(self) -> float:
        """After this, what was signed and is not there never happens."""
        return self.acceptance + self.processing + self.lag


TRUE_FENCE: Final = Timing()

_KINDS: Final[tuple[dict[str, Any], ...]] = (
    {"fault": "drop_before"},
    {"fault": "drop_after"},
    {"fault": "hang"},
    {"fault": "hang", "execute": False},
    {"fault": "late", "seconds": 0.25},
    {"fault": "late"},
    {"fault": "truncated"},
    {"fault": "html_200"},
    {"fault": "html_200", "execute": True},
    {"fault": "http_502"},
    {"fault": "http_502", "execute": True},
    {"fault": "unlisted_refusal"},
    {"fault": "unlisted_refusal", "execute": True},
)


def orders(p: float, timing: Timing, seed: int, only: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """For ``POST /_control/faults``; ``only``: of these kinds. The board takes the first that hits, hence the rates."""
    kinds = [kind for kind in _KINDS if not only or kind["fault"] in only]
    share = p / len(kinds)
    result: list[dict[str, Any]] = []
    for number, kind in enumerate(kinds):
        rate = share / (1 - share * number)
        seconds = {"late": timing.processing - 0.1, "hang": timing.patience + 0.4}.get(kind["fault"], 1.0)
        result.append(
            {"infno": "*", "times": -1, "rate": rate, "seed": seed + number, "seconds": seconds} | kind
        )
    result.append({"infno": "9102", "fault": "blank_ids", "times": -1, "rate": p, "seed": seed + 50})
    behind = {"fault": "replica_lag", "times": -1, "rate": p, "seconds": timing.lag}
    return result + [{"infno": one, "seed": seed + 60, **behind} for one in ("5201", "5203", "5303", "3202")]
