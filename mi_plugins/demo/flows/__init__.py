"""``mi demo --flow NAME``: one module per flow with ``async def run(stage: Stage) -> FlowReport``, loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mi_plugins.demo.flows.stage import FlowReport, Stage

__all__ = ["FLOWS", "run"]

FLOWS: Final[Mapping[str, tuple[str, str]]] = {
    "outpatient": ("门诊：结算、部分退费、答复丢失", "an outpatient visit: settled, partly refunded, an answer lost"),
    "inpatient": ("住院：每日费用、两次结算、全程撤销", "a stay: daily fees, two settlements, all the way back"),
    "eprescription": ("电子处方：开方、上传、审核、取药，答复丢失，收到通知", "an e-prescription to the counter, with its notifications"),
    "mobilepay": ("移动支付：答复丢失、收到通知、退费、撤销", "a bill paid by phone: an answer lost, told by 6302, given back"),
    "pharmacy": ("药店：追溯码、答复丢失、退货", "a purchase: trace codes, an answer lost, its return"),
    "registration": ("备案：登记、查询、撤销，答复丢失", "filings: made, asked for, withdrawn, an answer lost"),
    "bridge": ("HIS 数据库桥：只用 SQL，答复丢失，同一单不重复", "a HIS that speaks SQL only: an answer lost, a bill settled once"),
    "catalogs": ("目录：全量、增量、查找、字典对照", "catalogues: whole, then newer, searched; dictionaries compared"),
}  # fmt: skip
"""Name of the module in this package -> what it shows, zh and en. One line each."""


async def run(name: str, stage: Stage) -> FlowReport:
    """Run the flow of that name."""
    report: FlowReport = await import_module(f"{__name__}.{name}").run(stage)
    return report
