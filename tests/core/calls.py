"""What the tests of calls share: a configuration for a loopback server, a settlement, true and false replies to it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from mi_core import AsyncClient
from mi_core.config import Config, load_config
from mi_core.interfaces import OutpatientSettlementRequest, SettlementQueryRequest
from mi_core.plugin.manager import Plugins, load_plugins
from tests.plugins.bad_server import Exchange, Fault

HOSPITAL = "H43000000001"
PSN = "43000000000000000001"
CERTNO = "43000019900101123X"
CARD = "CARD-NUMBER-IS-SECRET"


def config(url: str, **changes: Any) -> Config:
    institution = {
        "name": "示例医院", "mdtrtarea_admvs": "439900", "sign_in": False,
        "operator": {"id": "001", "name": "收费员"},
        "gateway": {"profile": "csb", "url": url, "access_key": "test-ak", "secret_key": "test-sk-0123456789"},
        "timeouts": {"settlement": 2.0, "query": 2.0, "upload": 2.0},
        **changes.pop("institution", {}),
    }  # fmt: skip
    journal = {"recover": False, **changes.pop("journal", {})}
    if not str(changes.get("store", {}).get("operation_log", "")).startswith("sqlite"):
        journal.setdefault("path", "memory")
    return load_config(
        "/dev/null", environment="test", institutions={HOSPITAL: institution}, journal=journal, **changes
    )


def client(url: str, *, plugins: Plugins | None = None, **changes: Any) -> AsyncClient:
    return AsyncClient(config(url, **changes), plugins=plugins)


def with_plugins(*plugins: tuple[str, Any]) -> Plugins:
    return load_plugins(extra=plugins)


def settlement(**changes: Any) -> OutpatientSettlementRequest:
    values: dict[str, Any] = {
        "psn_no": PSN, "mdtrt_cert_type": "02", "mdtrt_cert_no": CERTNO, "psn_cert_type": "01", "certno": CERTNO,
        "med_type": "11", "medfee_sumamt": Decimal("128.50"), "psn_setlway": "01", "mdtrt_id": "V1", "chrg_bchno": "B1",
        "acct_used_flag": "0", "insutype": "310", "fulamt_ownpay_amt": Decimal("0"), "overlmt_selfpay": Decimal("0"),
        "preselfpay_amt": Decimal("0"), "inscp_scp_amt": Decimal("128.50"),
    }  # fmt: skip
    return OutpatientSettlementRequest(**{**values, **changes})


def query() -> SettlementQueryRequest:
    return SettlementQueryRequest(psn_no=PSN, setl_id="S1", mdtrt_id="V1")


def output(msgid: str, **changes: Any) -> dict[str, Any]:
    info = {
        "setl_id": "S1", "psn_no": PSN, "mdtrt_id": "V1", "medins_setl_id": msgid, "medfee_sumamt": 128.5,
        "fund_pay_sumamt": 100, "psn_part_amt": "28.50", "hosp_part_amt": 0, "acct_pay": 8.5, "psn_cash_pay": 20,
    }  # fmt: skip
    info.update(changes)
    return {"setlinfo": {k: v for k, v in info.items() if v is not ...}, "setldetail": []}


def settled(**changes: Any) -> Fault:
    """A true answer to whatever settlement was asked; ``changes`` make it less true."""
    head = changes.pop("head", {})

    async def fault(exchange: Exchange) -> None:
        msgid = json.loads(exchange.request)["msgid"]
        body = {"infcode": 0, "inf_refmsgid": "R1", "err_msg": "", "output": output(msgid, **changes), **head}
        await exchange.answer(json.dumps(body, ensure_ascii=False).encode())

    return fault


def refused(text: str, infcode: Any = -1) -> Fault:
    async def fault(exchange: Exchange) -> None:
        body = {"infcode": infcode, "inf_refmsgid": "R1", "err_msg": text, "output": None}
        await exchange.answer(json.dumps(body, ensure_ascii=False).encode())

    return fault


def in_turn(*faults: Fault) -> Fault:
    """The first request gets the first, and so on; the last one stays."""
    left = list(faults)

    async def fault(exchange: Exchange) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(exchange)

    return fault
