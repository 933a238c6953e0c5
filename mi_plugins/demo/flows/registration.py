"""Filings of a person by their flow: filed once, seen by the queries, withdrawn although an answer was lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_core.flows import FlowStopped, Registration
from mi_plugins.demo.flows.outpatient import patient_of
from mi_plugins.demo.flows.stage import FlowReport, Stage
from mi_plugins.demo.identities import Identity
from mi_plugins.sandbox.persons import DOCUMENTED

__all__ = ["run"]

TITLES: Final = {
    "transfer": ("转院备案", "transfer filing"), "chronic": ("慢特病备案", "chronic-disease filing"),
    "designated": ("定点备案", "designated-institution filing"), "accident": ("意外伤害备案", "accident filing"),
}  # fmt: skip
CODES: Final = {
    "transfer": ("2501", "2502", "5304"), "chronic": ("2503", "2504", "5301"), "designated": ("2505", "2506", "5302"),
}  # fmt: skip
HERE: Final = ("H43000000001", "沙箱市第一人民医院")


def fields_of(day: dt.date) -> dict[str, dict[str, Any]]:
    """Each filing's own fields by wire name."""
    code, name = HERE
    return {
        "transfer": {
            "diag_code": "I63.9", "diag_name": "脑梗死", "reflin_medins_no": "H43000000002", "reflin_medins_name": "沙箱市城东医院",
            "mdtrtarea_admdvs": "990100", "refl_type": "1", "refl_date": day, "refl_rea": "病情需要", "refl_opnn": "同意转院",
        },
        "chronic": {
            "opsp_dise_code": "M03900", "opsp_dise_name": "高血压", "ide_fixmedins_no": code, "ide_fixmedins_name": name,
            "hosp_ide_date": day, "diag_dr_codg": "D43000000001", "diag_dr_name": "沙箱医师", "begndate": day,
        },
        "designated": {
            "biz_appy_type": "03", "begndate": day, "fix_srt_no": "1", "fixmedins_code": code, "fixmedins_name": name,
        },
        "accident": {"dcla_souc": "02", "chk_pay_flag": "1", "begndate": day},
    }  # fmt: skip


async def run(stage: Stage) -> FlowReport:
    """The story, and what the bureau has executed."""
    fields, who = fields_of(stage.now.date()), patient_of(DOCUMENTED[0])
    found: list[Identity] = []
    async with stage.client(at_once=True) as mi:
        filings = {
            what: Registration(mi, f"BA{stage.now:%y%m%d%H%M%S}-{what}", patience=30) for what in fields
        }
        for what, filing in filings.items():
            filed = await filing.file(what, who, **fields[what])
            again = await filing.file(what, who, **fields[what])
            stage.tell("file", *_named(what, "登记", "filed"), 流水号__number=filed.trt_dcla_detl_sn)
            numbers = {filed.trt_dcla_detl_sn, again.trt_dcla_detl_sn}
            found.append(
                _same(what, "登记两次得到的流水号个数", "numbers that filing it twice gives", len(numbers), 1)
            )
        for what, (_, cancel, query) in CODES.items():
            before = len(await filings[what].on_file(what, who, **_asked(what)))
            await stage.fault(cancel, "drop_after")
            await filings[what].cancel(memo="办错")
            after = len(await filings[what].on_file(what, who, **_asked(what)))
            stage.tell(
                "cancel", *_named(what, "撤销（答复丢失，已查明）", "withdrawn (its answer was lost and found out)"),
                查询__query=f"{query}：{before} → {after}",
            )  # fmt: skip
            found.append(_same(what, f"{query} 撤销前查得", f"{query} shows, before", before, 1))
            found.append(_same(what, f"{query} 撤销后查得", f"{query} shows, afterwards", after, 0))
        try:
            await filings["accident"].cancel()
        except FlowStopped as stopped:
            stage.tell(
                "cancel", *_named("accident", "没有撤销接口，仍在案", "nothing withdraws it, it stays"),
                现状__standing=stopped.standing.stage,
            )  # fmt: skip
        stages = [(await filing.standing()).stage for filing in filings.values()]
    for what, codes in CODES.items():
        for code in codes[:2]:
            found.append(
                _same(
                    what,
                    f"医保端执行 {code} 次数",
                    f"times that {code} was executed",
                    await _done(stage, code),
                    1,
                )
            )
    found.append(
        _same(
            "accident", "医保端执行 2507 次数", "times that 2507 was executed", await _done(stage, "2507"), 1
        )
    )
    found.append(Identity("已撤销的备案 = 可撤销的备案", "withdrawn = those that can be", Decimal(stages.count("cancelled")),
                          Decimal(len(CODES))))  # fmt: skip
    return stage.report(*found)


def _asked(what: str) -> Mapping[str, Any]:
    """What the query asks for beside the person."""
    return {"biz_appy_type": "03"} if what == "designated" else {}


def _named(what: str, zh: str, en: str) -> tuple[str, str]:
    title = TITLES[what]
    return f"{title[0]}{zh}", f"{title[1]} {en}"


def _same(what: str, zh: str, en: str, left: int, right: int) -> Identity:
    title = TITLES[what]
    return Identity(f"{title[0]}：{zh}", f"{title[1]}: {en}", Decimal(left), Decimal(right))


async def _done(stage: Stage, code: str) -> int:
    """How often the bureau executed an interface."""
    return len((await stage.control(f"ledger?infno={code}"))["executions"])
