"""A purchase at a pharmacy: quote 2101, settle 2102 with the trace codes of what is handed over, take back 2103.

One message holds the whole purchase, so there is nothing to clean up: a purchase that was quoted and not settled does not
exist at the bureau.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mi_core.flows.amounts import Amounts, sum_of
from mi_core.flows.messages import Fields, message, node
from mi_core.flows.patient import Choice, Patient
from mi_core.flows.person import identified
from mi_core.flows.record import plain_values
from mi_core.flows.results import Quote, Refund, Settlement
from mi_core.flows.settled import Settled
from mi_core.flows.standing import Place, Standing, standing_at
from mi_core.types import CHINA_TIME

__all__ = ["PharmacySale"]


class PharmacySale(Settled):
    """A purchase; ``key`` is the pharmacy's receipt number, under which the settlement is known for ever.

    ::

        quote (1101, 2101) ─► settle (2102) ─► refund (2103)
    """

    kind: ClassVar[str] = "pharmacy"
    title: ClassVar[tuple[str, str]] = ("药店购药", "pharmacy purchase")
    settles: ClassVar[str] = "2102"

    async def quote(
        self, /, patient: Patient, rows: Sequence[Fields], *, acct_used_flag: str, med_type: str = "41",
        begntime: dt.datetime | None = None, choose_row: Choice | str | None = None, **more: Any,
    ) -> Quote:  # fmt: skip
        """1101 → 2101. ``rows`` of ``drugdetail`` by wire name; the last quote is what :meth:`settle` settles."""
        async with self._step("quote"):
            if self._content.get("settled") is not None:
                raise self._refused("quote", "已结算", "it is settled")
            self._free("quote")
            person, insured = await identified(self, patient, choose_row)
            at = begntime or dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0)
            known = {**person, **insured, "begntime": at, "medfee_sumamt": sum_of(rows), "med_type": med_type}
            asked = {"acct_used_flag": acct_used_flag, **more}
            request = message(self.institution, "2101", known, asked, {"drugdetail": _without_codes(rows)})
            reply = await self._call(request, area=insured["insuplc_admdvs"] or None)
            amounts = Amounts.of(node(reply.to_dict(), "setlinfo"))
            self._same_total(amounts, known["medfee_sumamt"])
            await self._note(
                "quote", person=person, insured=insured, med_type=med_type, refunded=None,
                quote={"known": known, "asked": asked, "rows": list(rows), "amounts": amounts.to_dict()},
            )  # fmt: skip
            return Quote(amounts, reply)

    async def settle(
        self, /, *, trace_codes: Mapping[str, Sequence[str | Fields]] | None = None, **more: Any
    ) -> Settlement:  # fmt: skip
        """2102. Called again: the stored settlement, nothing is sent.

        ``trace_codes``: for a row's ``feedetl_sn`` the codes of the packs handed over: texts, or rows of
        ``durg_trac_info`` where a pack is broken (``trdn_flag`` 1). ``more``: ``invono`` …
        """
        async with self._step("settle"):
            if (done := await self._already("settle")) is not None:
                return done
            begun = self._content.get("doing")
            if begun is None:
                begun = self._settling(trace_codes or {}, more)
            return await self._pay("settle", "2102", begun)

    def _settling(self, codes: Mapping[str, Sequence[str | Fields]], more: Fields) -> dict[str, Any]:
        quote = self._content.get("quote")
        if quote is None:
            raise self._refused("settle", "尚未预结算，请先 quote", "there is no quote: quote first")
        rows = [_with_codes(row, codes) for row in quote["rows"]]
        if strange := set(map(str, codes)) - {str(row["feedetl_sn"]) for row in rows}:
            names = "、".join(sorted(strange))
            raise self._refused(
                "settle",
                f"追溯码所指的明细不存在：{names}",
                f"trace codes for rows that are not there: {names}",
            )
        given = {**quote["asked"], **more}
        request = message(self.institution, "2102", quote["known"], given, {"drugdetail": rows}).to_dict()
        found: dict[str, Any] = plain_values({"step": "settle", "key": self._bill(), "request": request})
        return found

    def _bill(self) -> str:
        """The operation key: nothing in 2102 tells one purchase from another."""
        return f"{self.kind} {self.key}"

    async def refund(self, setl_id: str | None = None) -> Refund:
        """2103: all of it. A smaller purchase is a new one, with a key of its own.

        ``setl_id``: the settlement that is meant; then a call that comes late never takes back a newer one.
        """
        async with self._step("refund"):
            setl_id = self._which_settlement("refund", setl_id)
            self._free("refund")
            return await self._refund({"step": "refund", "setl_id": setl_id})

    async def _refund(self, doing: Mapping[str, Any]) -> Refund:
        return await self._take_back("refund", doing)

    def _known(self) -> dict[str, Any]:
        settled = self._content.get("settled") or self._content.get("refunded") or {}
        return {**super()._known(), "mdtrt_id": settled.get("mdtrt_id")}

    def _recorded(self, content: Mapping[str, Any]) -> Standing:
        settled = content.get("settled")
        return standing_at(_place(content), content, () if settled is None else (settled["setl_id"],))

    async def _continue(self, step: str) -> None:
        if step == "settle":
            await self._pay("settle", "2102", self._content["doing"])
        else:
            await self._refund(self._content["doing"])


def _place(content: Mapping[str, Any]) -> Place:
    settled, refunded = content.get("settled"), content.get("refunded")
    if settled is not None:
        zh = f"已结算 {settled['amounts'].get('medfee_sumamt', '?')} 元（结算 ID {settled['setl_id']}）"
        return "settled", zh, f"settled (settlement {settled['setl_id']})", "", "refund"
    if refunded is not None:
        return (
            "refunded",
            f"结算 {refunded['setl_id']} 已撤销",
            f"settlement {refunded['setl_id']} taken back",
            "",
            "",
        )
    if content.get("quote") is not None:
        return "quoted", "已预结算，医保端无记录", "quoted, nothing stands", "settle", ""
    return "new", "医保端无记录", "nothing stands", "quote", ""


def _without_codes(rows: Sequence[Fields]) -> list[dict[str, Any]]:
    """2101 has no node for them."""
    return [{name: value for name, value in row.items() if name != "durg_trac_info"} for row in rows]


def _with_codes(row: Fields, codes: Mapping[str, Sequence[str | Fields]]) -> dict[str, Any]:
    serial = str(row["feedetl_sn"])
    given = next((found for name, found in codes.items() if str(name) == serial), None)
    if given is None:
        return dict(row)
    packs = [
        {"feedetl_sn": serial, "trdn_flag": "0", **({"drug_trac_codg": one} if isinstance(one, str) else one)} for one in given
    ]  # fmt: skip
    return {**row, "durg_trac_info": packs}
