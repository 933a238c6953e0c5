"""Catalogues as a synchronisation leaves them, and a hospital's list of items."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from mi_core.catalogues.database import Database
from mi_core.catalogues.sources import sources_of
from mi_core.catalogues.tables import content, entry, source
from mi_core.config import Config, load_config
from tests.cli.shell import HOSPITAL, configure

REGION = "hunan"
DRUGS = (
    ("XJ01CAA040E001020300001", "阿莫西林胶囊", "0.25g", "甲制药有限公司", "国药准字H10000001", "胶囊剂"),
    ("XJ01CAA040E001020300002", "阿莫西林胶囊", "0.5g", "甲制药有限公司", "国药准字H10000002", "胶囊剂"),
    ("XJ01CAA040E001020300003", "阿莫西林胶囊", "0.25g", "乙药业股份有限公司", "国药准字H20000003", "胶囊剂"),
    ("XJ01CAA040X001020300004", "阿莫西林颗粒", "0.125g", "甲制药有限公司", "国药准字H10000004", "颗粒剂"),
    (
        "XB01ABD122B001010100005",
        "肝素钠注射液",
        "2ml:1.25万单位",
        "丙生化有限公司",
        "国药准字H30000005",
        "注射剂",
    ),
)
SERVICES = (
    ("001101000010000-110100001", "普通门诊诊查费"),
    ("002202030120000-220203012", "彩色多普勒超声常规检查"),
)


async def stocked(config: Config) -> None:
    """The catalogues 1301, 1305, 1316, 1317, 1318 and 1319 with a few entries."""
    always = {"有效标志": "1", "版本号": "1"}
    titles = ("医疗目录编码", "注册名称", "注册规格", "生产企业名称", "批准文号", "注册剂型")
    drugs = [dict(zip(titles, drug, strict=True)) | always | {"唯一记录号": drug[0]} for drug in DRUGS]
    services = [
        {"医疗目录编码": c, "医疗服务项目名称": n, "有效标志": "1", "唯一记录号": c, "版本号": "1"}
        for c, n in SERVICES
    ]
    days = {
        "begndate": "2024-01-01",
        "enddate": "2099-12-31",
        "vali_flag": "1",
        "insu_admdvs": "439900",
        "updt_time": "2024-01-01 00:00:00",
    }
    code, insured = DRUGS[0][0], "H-AMX"
    await filled(config, "1301", drugs)
    await filled(config, "1305", services)
    await filled(
        config,
        "1316",
        [{"med_list_codg": code, "hilist_code": insured, "list_type": "101", "rid": "R1", **days}],
    )
    await filled(config, "1318", [
        {"hilist_code": insured, "hilist_lmtpric_type": level, "hilist_pric_uplmt_amt": limit, "rid": f"L{level}", **days}
        for level, limit in (("1", "8.00"), ("3", "10.00"))
    ])  # fmt: skip
    await filled(
        config,
        "1319",
        [{"hilist_code": insured, "selfpay_prop_type": "10", "selfpay_prop": "0.1000", "rid": "S1", **days}],
    )


async def filled(config: Config, code: str, rows: Iterable[Mapping[str, str]]) -> None:
    """One catalogue, as its file or page has it."""
    known = sources_of(REGION)[code]
    database = await Database.open(config)
    scope = known.scope(config.institution())
    try:
        async with database.transaction() as connection:
            made = [known.row([row.get(column) for column in known.columns]) for row in rows]
            values: dict[str, Any] = {
                "kind": known.entries.kind, "title": known.title, "columns": json.dumps(known.columns), "rows": len(made), "cursor": "1",
                "run": 1, "synced_at": dt.datetime(2026, 11, 1), "pending": None,
            }  # fmt: skip
            await connection.execute(insert(source).values(scope=scope, source=code, **values))
            for one in made:
                cells = json.dumps(list(one.pop("cells")))
                await connection.execute(insert(entry).values(scope=scope, source=code, run=1, **one))
                await connection.execute(
                    insert(content).values(scope=scope, source=code, record=one["record"], cells=cells)
                )
    finally:
        await database.close()


def hospital(
    place: Path, url: str = "http://127.0.0.1:9/", *, check: bool = False, database: str = "", **mapping: str
) -> Config:
    """A configuration whose catalogues are in ``place``, or in ``database``."""
    configure(place, url)
    keys = "".join(f'{name} = "{value}"\n' for name, value in mapping.items())
    with (place / "mi.toml").open("a", encoding="utf-8") as file:
        file.write(f"[mapping]\ncheck = {str(check).lower()}\n{keys}")
        file.write(f'[catalogues]\npath = "{database}"\n' if database else "")
    return load_config(place / "mi.toml")


ITEMS = """院内编码,院内名称,目录类别,国家编码,规格,生产厂家,批准文号,剂型,单价,自付比例
D1,阿莫西林胶囊,101,,0.25g*24粒,甲制药,国药准字Ｈ10000001,胶囊,12.00,5%
D2,阿莫西林胶囊（乙）,西药中成药,XJ01CAA040E001020300003,250mg×24,乙药业,,,8.5,
D3,阿莫西林颗粒,101,,0.25g,甲制药有限公司,,颗粒剂,9,
S1,诊查费(普通门诊),201,,,,,,10,
Z9,院内自制物品,105,,,,,,1,
"""

__all__ = ["DRUGS", "HOSPITAL", "ITEMS", "SERVICES", "filled", "hospital", "stocked"]
