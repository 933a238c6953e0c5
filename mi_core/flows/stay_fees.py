"""Fees of a stay: uploads by name (a day, a bill of the ward), each safe to repeat, each replaceable until it is settled.

2301 only adds, and there is no batch to clear: rows of an upload that broke off are withdrawn by their serial numbers
(2302) before they are sent again. Serial numbers are unique within a stay, so nothing can be entered twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from mi_core.errors import BureauRefused
from mi_core.flows.amounts import entered_as_sent, sum_of
from mi_core.flows.batches import MOST_ROWS, positives_first, uploads
from mi_core.flows.messages import Fields, message, rows_of
from mi_core.flows.paying import DEFINITE, QUOTED
from mi_core.flows.record import plain_values
from mi_core.flows.results import Charged
from mi_core.flows.settled import Settled
from mi_core.model import Request
from mi_core.model.fields import Field
from mi_core.regions.plan import places_of

__all__ = ["UPLOAD", "StayFees"]

ALL_ROWS: Final = "0000"
"""``feedetl_sn`` of 2302: every row that is not settled."""
UPLOAD: Final = "fees "
_RESULT: Final = {"overlmt_selfpay": "overlmt_amt"}
"""An amount of 2303 that 2301's result calls otherwise."""


class StayFees(Settled):
    """The record has an entry for each upload: ``rows``, how many of them are ``entered``, whether the next are ``unsure``."""

    async def charge(self, name: str, rows: Sequence[Fields]) -> Charged:
        """2301 of the rows of ``name`` (a day, e.g. ``"2026-11-21"``): charges before returns, as few messages as possible.

        ``rows`` of ``feedetail`` by wire name; stay, person and ``med_type`` are filled in. The same again: nothing is sent.
        Other rows under the same name replace the earlier ones (2302 first), as long as they are not settled.
        """
        async with self._step("charge"):
            which, kind = self._which("charge"), {"med_type": self._content["med_type"]}
            wanted = plain_values(
                positives_first([{**kind, **row, **which} for row in rows], "det_item_fee_sumamt")
            )
            upload = self._content.get(UPLOAD + name)
            whole = upload is not None and upload["rows"] == wanted and upload["entered"] == len(wanted)
            if upload is not None and whole and not upload.get("going"):
                return _charged(upload)
            if name in self._settled_uploads():
                raise self._refused("charge", f"{name} 的费用已结算", f"the fees of {name} are settled")
            self._free("charge")
            message(
                self.institution, "2301", {}, rows={"feedetail": wanted}
            )  # all problems before anything is changed
            doing = {"step": "charge", "name": name, "rows": wanted}
            await self._note("charge", doing=doing, quote=None)
            return await self._charge(doing)

    async def _charge(self, doing: Mapping[str, Any]) -> Charged:
        """The rows that are not entered yet, message by message; each one is noted before and after."""
        name, rows = doing["name"], doing["rows"]
        upload = self._content.get(UPLOAD + name)
        if upload is not None and (upload["rows"] != rows or upload.get("going")):
            await self._withdraw(name)
            upload = None
        upload = upload or {"rows": rows, "entered": 0, "messages": 0, "result": [], "unsure": 0}
        if upload["unsure"]:
            await self._take_out(_unsure(upload), tolerant=True)
        left = rows[upload["entered"] :]
        for request in uploads(self.institution, "2301", "feedetail", left) if left else ():
            sent = request.to_dict()["feedetail"]
            await self._note("charge", **{UPLOAD + name: {**upload, "unsure": len(sent)}})
            result = rows_of(await self.ask(request, area=self._area), "result")
            entered_as_sent(
                result,
                sent,
                "用 withdraw 撤销该批明细后重新上传",
                "withdraw these rows and upload them again",
            )
            upload = plain_values({
                **upload, "entered": upload["entered"] + len(sent), "messages": upload["messages"] + 1,
                "result": [*upload["result"], *result], "unsure": 0,
            })  # fmt: skip
            await self._note("charge", **{UPLOAD + name: upload})
        await self._note("charge", doing=None)
        return _charged(upload)

    async def withdraw(self, name: str | None = None) -> None:
        """2302 of the rows of one upload, or of everything that is not settled (``0000``)."""
        async with self._step("withdraw"):
            self._which("withdraw")
            if name is not None and name in self._settled_uploads():
                raise self._refused("withdraw", f"{name} 的费用已结算", f"the fees of {name} are settled")
            self._free("withdraw")
            await self._note("withdraw", doing={"step": "withdraw", "name": name}, quote=None)
            await self._withdrawn(name)

    async def _withdrawn(self, name: str | None) -> None:
        try:
            await self._withdraw(name)
        except DEFINITE:
            await self._note(
                "withdraw", doing=None
            )  # the rows stand, as far as they were not withdrawn before
            raise
        await self._note("withdraw", doing=None)

    async def _withdraw(self, name: str | None, *, tolerant: bool = False) -> None:
        if name is not None:
            upload = self._content.get(UPLOAD + name)
            if upload is not None:
                going = bool(upload.get("going") or upload.get("lost"))
                await self._note("withdraw", **{UPLOAD + name: {**upload, "going": True}})
                await self._take_out(_unsure(upload), tolerant=True)
                await self._take_out(upload["rows"][: upload["entered"]], tolerant=going)
                await self._note("withdraw", **{UPLOAD + name: None})
            return
        await self._take_out([{"feedetl_sn": ALL_ROWS}], tolerant=tolerant)
        settled = self._settled_uploads()
        await self._note("withdraw", **{UPLOAD + one: None for one in self._uploads() if one not in settled})

    async def _take_out(self, rows: Sequence[Fields], *, tolerant: bool = False) -> None:
        """2302 of rows, the last first: a return names a row before it. ``tolerant``: they may not be there."""
        which = self._which("withdraw")
        named = [{"feedetl_sn": row["feedetl_sn"], **which} for row in list(rows)[::-1]]
        for request in self._withdrawals(named):
            try:
                await self._call(request, area=self._area)
            except BureauRefused:
                if not tolerant:
                    raise

    def _withdrawals(self, rows: Sequence[Fields]) -> Iterator[Request[Any]]:
        """2302 takes a list of rows, in some regions (Guangzhou, Foshan) a single one."""
        places = places_of(self.institution.interface("2302").request.__members__)
        if any(place.kind == "many" for place in places):
            for start in range(0, len(rows), MOST_ROWS):
                yield message(self.institution, "2302", {}, rows={"data": rows[start : start + MOST_ROWS]})
        else:
            for row in rows:
                yield message(self.institution, "2302", row)

    def _uploads(self) -> dict[str, Mapping[str, Any]]:
        """By name."""
        return {
            key.removeprefix(UPLOAD): value for key, value in self._content.items() if key.startswith(UPLOAD)
        }

    def _settled_uploads(self) -> set[str]:
        return {name for one in self._content.get("settlements") or () for name in one["uploads"]}

    def _open_uploads(self) -> tuple[list[str], Decimal]:
        """Names of the uploads that are not settled, and their sum."""
        settled = self._settled_uploads()
        names = [name for name in self._uploads() if name not in settled]
        total = sum((sum_of(self._uploads()[name]["rows"]) for name in names), Decimal("0.00"))
        return names, total

    def _divided(self, names: Sequence[str]) -> dict[str, Decimal]:
        """The sums of what 2301 said of the rows, where the region's 2303 demands them (Chongqing)."""
        places = places_of(self.institution.interface("2303").request.__members__)
        asked = {f.wire for place in places for f in place.members if isinstance(f, Field) and f.required}
        rows = [row for name in names for row in self._uploads()[name]["result"]]
        known = {name: _RESULT.get(name, name) for name in QUOTED if name in asked}
        return {
            name: sum_of(rows, told)
            for name, told in known.items()
            if rows and all(row.get(told) is not None for row in rows)
        }


def _unsure(upload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows of the message whose answer is not known."""
    start = upload["entered"]
    return list(upload["rows"][start : start + upload["unsure"]])


def _charged(upload: Mapping[str, Any]) -> Charged:
    return Charged(len(upload["rows"]), sum_of(upload["rows"]), upload["messages"], tuple(upload["result"]))
