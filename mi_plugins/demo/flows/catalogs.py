"""The bureau's catalogues: whole, then what is newer, searched without a call; dictionaries against the code tables."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

from mi_core import AsyncClient
from mi_core.catalog import load_catalog
from mi_core.catalogues import (
    Catalogue,
    SyncResult,
    differences,
    open_catalogue,
    overlay_of,
    sync_catalogues,
    sync_dictionaries,
)
from mi_core.model import CodeTable
from mi_plugins.demo.flows.stage import FlowReport, Stage
from mi_plugins.demo.identities import Identity

__all__ = ["run"]

ROWS = 20_000
"""Entries of the drug catalogue in the demo; a plain ``mi sandbox`` has 200,000."""
WANTED = ("drug", "service", "material", "disease", "operation", "insurance", "price-limit", "self-pay")
SAMPLE = "SBX-B-0001"


async def run(stage: Stage) -> FlowReport:
    """Whole, newer, searched, compared."""
    await stage.control("catalogues", {"rows": ROWS})
    async with stage.client() as mi:
        whole = await _synchronised(stage, mi, "sync", "全量同步", "everything")
        again = await _synchronised(stage, mi, "sync", "再次同步：没有更新", "once more: nothing is newer")
        moved = await stage.control("catalogues", {"advance": 2, "dictionary_changes": True})
        newer = await _synchronised(
            stage, mi, "sync", f"增量同步到 {moved['version']}", f"newer ones, up to {moved['version']}"
        )
        anew = await _synchronised(
            stage,
            mi,
            "sync --full",
            "重新全量，应与增量后相同",
            "everything anew, the same as before",
            full=True,
        )
        async with open_catalogue(mi.config) as catalogue:
            ceiling, ratio = await _searched(stage, catalogue)
            new = await _compared(stage, mi, catalogue)
    return stage.report(
        Identity(
            "全量 = 中心所列",
            "whole = what the bureau lists",
            _count(whole, "1301"),
            Decimal(ROWS + 2 * (ROWS // 1000)),
        ),
        Identity(
            "无更新时 1301 变更为零",
            "nothing newer, nothing changed in 1301",
            _changed(again, "1301"),
            Decimal(0),
        ),
        Identity(
            "增量后行数 = 重新全量", "after newer ones = anew", _count(newer, "1301"), _count(anew, "1301")
        ),
        Identity("全部目录：增量后 = 重新全量", "all catalogues: newer = anew", _sum(newer), _sum(anew)),
        Identity(
            "1318 限价 = 结算所用",
            "ceiling of 1318 = the one that is reckoned with",
            ceiling,
            Decimal("48.00"),
        ),
        Identity(
            "1319 先自付 = 结算所用", "ratio of 1319 = the one that is reckoned with", ratio, Decimal("0.10")
        ),
        Identity("overlay 使 med_type 多一码", "the overlay brings med_type a code", new, Decimal(1)),
    )


async def _synchronised(
    stage: Stage, mi: AsyncClient, step: str, zh: str, en: str, *, full: bool = False
) -> dict[str, SyncResult]:
    started = time.monotonic()
    results = await sync_catalogues(mi, WANTED, full=full, page_size=500)
    for result in results:
        if result.error is not None:
            raise result.error
    files, pages = sum(r.files for r in results), sum(r.pages for r in results)
    stage.tell(
        step, zh, en, 变更__changed=f"{sum(r.changed for r in results):,}", 本地__here=f"{sum(r.rows for r in results):,}",
        文件__files=str(files), 页__pages=str(pages), 秒__seconds=f"{time.monotonic() - started:.1f}",
    )  # fmt: skip
    return {result.source: result for result in results}


async def _searched(stage: Stage, catalogue: Catalogue) -> tuple[Decimal, Decimal]:
    for text in ("阿莫西林 胶囊", "ATFTTG"):
        started = time.monotonic()
        found = await catalogue.find("drug", text, limit=3)
        told = "、".join(f"{e.code} {e.name} {e.spec}" for e in found)
        stage.tell(
            "lookup",
            f"查找 {text}",
            f"look for {text}",
            结果__found=told,
            毫秒__ms=f"{(time.monotonic() - started) * 1000:.0f}",
        )
    ceiling = (await catalogue.by_code("price-limit", SAMPLE))[0].fields["hilist_pric_uplmt_amt"]
    ratio = (await catalogue.by_code("self-pay", SAMPLE))[0].fields["selfpay_prop"]
    stage.tell(
        "lookup",
        f"{SAMPLE} 的限价与先自付比例",
        f"ceiling and ratio of {SAMPLE}",
        限价__ceiling=ceiling,
        比例__ratio=ratio,
    )
    return Decimal(ceiling), Decimal(ratio)


async def _compared(stage: Stage, mi: AsyncClient, catalogue: Catalogue) -> Decimal:
    results = await sync_dictionaries(mi, ("med_type", "insutype", "gend"))
    found = await differences(catalogue)
    file = stage.folder / "overlay.json"
    before = load_catalog().code_tables["med_type"].codes
    after = _with(file, overlay_of(found, day=f"{stage.now:%Y-%m-%d}")).codes
    stage.tell(
        "dictionaries", "字典与代码表比较，写成 overlay", "dictionaries compared, written as an overlay",
        代码__codes=str(sum(r.codes for r in results)), 不同__differ="、".join(d.type for d in found.tables),
        新增__new="、".join(f"{v} {label}" for d in found.tables for v, label in d.new.items()),
    )  # fmt: skip
    return Decimal(len(after) - len(before))


def _with(file: Path, overlay: object) -> CodeTable:
    file.write_text(json.dumps(overlay, ensure_ascii=False), encoding="utf-8")
    return load_catalog(extra=[file]).code_tables["med_type"]


def _count(results: dict[str, SyncResult], code: str) -> Decimal:
    return Decimal(results[code].rows)


def _changed(results: dict[str, SyncResult], code: str) -> Decimal:
    return Decimal(results[code].changed)


def _sum(results: dict[str, SyncResult]) -> Decimal:
    return Decimal(sum(result.rows for result in results.values()))
