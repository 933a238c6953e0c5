"""Before fees are uploaded: are the items mapped (3301), does the price keep below the ceiling (1318), is the ratio right (1319).

A fee row carries the hospital's item (``medins_list_codg``) and the national code (``med_list_codg``); interfaces whose list
has both are checked, whatever they are called. An item without an uploaded mapping, or with another one, is an error: the
fee is not sent. Ceilings and ratios come from the synchronised catalogues: national code → 1316 → insurance code → 1318, 1319.
What is not synchronised is not checked; a warning of ``mi_core.mapping`` says so once per source and process.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs

from mi_core.catalogues import Catalogue
from mi_core.catalogues.entry import Entry as CatalogueEntry
from mi_core.catalogues.entry import NotSynchronised
from mi_core.config import Config
from mi_core.mapping.book import Book, Entry
from mi_core.model import Interface, Problem, Request
from mi_core.model.fields import Inline, Node
from mi_core.model.record import Record, fields_of, per_class
from mi_core.types import CHINA_TIME

__all__ = ["Facts", "Fee", "fees_of", "findings", "has_fees", "learn"]

_log = logging.getLogger("mi_core.mapping")
_SKIPPED: Final[Mapping[str, tuple[str, str]]] = {
    "match": ("1316", "insurance codes of mapped items"), "price-limit": ("1318", "price ceilings"),
    "self-pay": ("1319", "self-pay ratios"),
}  # fmt: skip
_said: Final[set[tuple[str, str]]] = set()
_saying: Final = threading.Lock()
OWN, NATIONAL, PRICE = "medins_list_codg", "med_list_codg", "pric"
_DIRECT: Final = "10"
"""``selfpay_prop_type`` 目录先自付比例: the one that a hospital's list has."""


_WHY: Final[Mapping[str, tuple[str, str]]] = {
    "open": ("尚未对照", "not mapped"), "proposed": ("对照待审核", "its mapping waits for a review"),
    "accepted": ("对照尚未上传", "its mapping is not uploaded"), "withdrawn": ("对照已撤销", "its mapping is withdrawn"),
    "rejected": ("审核为不对照，不能按医保上传", "decided to have no mapping"),
}  # fmt: skip


@attrs.frozen
class Fee:
    """One fee row. ``path``: its JSON pointer below ``input``."""

    path: str
    item: str
    code: str
    price: Decimal | None
    day: dt.date | None


@attrs.frozen(kw_only=True)
class Facts:
    """What is known of a hospital's item: its mapping, and of its national code ceilings and ratios."""

    mapped: Entry | None
    ceilings: tuple[CatalogueEntry, ...] = ()
    ratios: tuple[CatalogueEntry, ...] = ()


@per_class
def has_fees(cls: type[Record]) -> str | None:
    """The attribute of the list with fee rows; ``None`` for a class that has none."""
    for field in fields_of(cls):
        if isinstance(field, Node) and field.many:
            wires = {getattr(m, "wire", "") for m in field.row.__members__ if not isinstance(m, Inline)}
            if {OWN, NATIONAL, PRICE} <= wires:
                return field.name
    return None


def fees_of(interface: Interface[Any], request: Request[Any]) -> list[Fee]:
    """The fee rows of a request."""
    if interface.behaviour.effect != "upload":
        return []
    name = has_fees(type(request))
    rows = getattr(request, name, None) if name else None
    if not isinstance(rows, list | tuple):
        return []
    found = []
    for place, row in enumerate(rows):
        item, code, price = (getattr(row, field, None) for field in (OWN, NATIONAL, PRICE))
        when = getattr(row, "fee_ocur_time", None)
        if isinstance(item, str) and item.strip():
            found.append(Fee(
                f"/{name}/{place}", item.strip(), code if isinstance(code, str) else "", price if isinstance(price, Decimal) else None,
                when.date() if isinstance(when, dt.datetime) else when if isinstance(when, dt.date) else None,
            ))  # fmt: skip
    return found


async def learn(book: Book, catalogue: Catalogue | None, items: Sequence[str]) -> dict[str, Facts]:
    """The facts of some items; ``catalogue`` for ceilings and ratios."""
    known = await book.get(list(dict.fromkeys(items)))
    facts: dict[str, Facts] = {}
    for key in dict.fromkeys(items):
        entry = known.get(key)
        if entry is None or entry.state != "uploaded" or catalogue is None:
            facts[key] = Facts(mapped=entry)
            continue
        insured = {
            e.fields.get("hilist_code", "") for e in await _entries(catalogue, "match", entry.code)
        } or {entry.code}
        ceilings = [e for code in sorted(insured) for e in await _entries(catalogue, "price-limit", code)]
        ratios = [e for code in sorted(insured) for e in await _entries(catalogue, "self-pay", code)]
        facts[key] = Facts(mapped=entry, ceilings=tuple(ceilings), ratios=tuple(ratios))
    return facts


async def _entries(catalogue: Catalogue, kind: str, code: str) -> list[CatalogueEntry]:
    try:
        return await catalogue.by_code(kind, code, withdrawn=False)
    except NotSynchronised:
        _say(catalogue.institution.code, kind)
        return []


def _say(institution: str, kind: str) -> None:
    """Once per source of an institution in this process: every fee would say it again."""
    with _saying:
        if (institution, kind) in _said:
            return
        _said.add((institution, kind))
    source, what = _SKIPPED[kind]
    _log.warning(
        "%s: %s (%s) are not synchronised and not checked; run mi sync catalogs %s",
        institution,
        what,
        source,
        source,
    )


def findings(
    fees: Sequence[Fee], facts: Mapping[str, Facts], config: Config, institution: str
) -> list[Problem]:
    """Everything that stands against these fees; errors block, warnings travel with the reply."""
    settings = config.mapping
    where = config.institution(institution)
    areas = {
        "",
        where.insuplc_admdvs or where.mdtrtarea_admvs,
        where.mdtrtarea_admvs[:4] + "00",
        where.mdtrtarea_admvs[:2] + "0000",
    }
    problems: list[Problem] = []
    for fee in fees:
        known = facts[fee.item]
        unmapped = _unmapped(fee, known.mapped)
        if unmapped is not None:
            problems.append(unmapped)
            continue
        if settings.ceiling != "off":
            problems += _over(
                fee,
                known.ceilings,
                areas,
                settings.level,
                "error" if settings.ceiling == "refuse" else "warning",
            )
        problems += _ratio(fee, known, areas)
    return problems


def _unmapped(fee: Fee, entry: Entry | None) -> Problem | None:
    name = f"{fee.item} {entry.item.name}" if entry is not None else fee.item
    if entry is None:
        why = "院内目录中没有此项目：mi mapping import", "not in the hospital's list: mi mapping import"
    elif entry.state != "uploaded":
        why = (
            _WHY[entry.state] if not entry.said else (f"对照被拒绝：{entry.said}", "its mapping was refused")
        )
    elif entry.code != fee.code:
        why = (
            f"医疗目录编码 {fee.code or '（空）'} 与对照 {entry.code} 不一致",
            f"national code {fee.code or '(none)'}, mapped to {entry.code}",
        )
    else:
        return None
    return Problem(
        f"{fee.path}/{OWN}",
        OWN,
        "医药机构目录编码",
        "mapping",
        f"{name}：{why[0]}",
        f"{fee.item}: {why[1]}",
        fee.item,
    )


def _over(
    fee: Fee, ceilings: Sequence[CatalogueEntry], areas: set[str], level: str, severity: Any
) -> Iterator[Problem]:
    if fee.price is None:
        return
    limits = [
        amount
        for one in ceilings
        if _holds(one, fee, areas) and (not level or one.fields.get("hilist_lmtpric_type", level) == level)
        and (amount := _decimal(one.fields.get("hilist_pric_uplmt_amt"))) is not None and amount > 0
    ]  # fmt: skip
    if limits and fee.price > max(limits):
        limit = format(max(limits), "f")
        yield Problem(
            f"{fee.path}/{PRICE}", PRICE, "单价", "ceiling", f"{fee.item} 单价高于医保限价 {limit}，超出部分由个人承担",
            f"{fee.item}: above the ceiling of {limit}, the patient pays the rest", format(fee.price, "f"), severity,
        )  # fmt: skip


def _ratio(fee: Fee, known: Facts, areas: set[str]) -> Iterator[Problem]:
    """The hospital's own ratio, where its list has one, against the bureau's."""
    assert known.mapped is not None
    own = known.mapped.item.selfpay
    if own is None:
        return
    there = {
        ratio
        for one in known.ratios
        if _holds(one, fee, areas) and one.fields.get("selfpay_prop_type", _DIRECT) == _DIRECT
        and (ratio := _decimal(one.fields.get("selfpay_prop"))) is not None
    }  # fmt: skip
    if there and own not in there:
        shown = "、".join(format(r.normalize(), "f") for r in sorted(there))
        yield Problem(
            f"{fee.path}/{OWN}", OWN, "医药机构目录编码", "selfpay", f"{fee.item} 院内先自付比例 {own} 与医保 {shown} 不一致",
            f"{fee.item}: self-pay ratio {own} here, {shown} at the bureau", fee.item, "warning",
        )  # fmt: skip


def _holds(one: CatalogueEntry, fee: Fee, areas: set[str]) -> bool:
    """Valid on the day of the fee, in the area."""
    day = (fee.day or dt.datetime.now(CHINA_TIME).date()).isoformat()
    begin, end = one.fields.get("begndate", "")[:10], one.fields.get("enddate", "")[:10]
    return (
        one.valid
        and (not begin or begin <= day)
        and (not end or day <= end)
        and one.fields.get("insu_admdvs", "") in areas
    )


def _decimal(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None
