"""A hospital in a region, and a bureau on loopback that answers in that region's shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import attrs

from mi_core import AsyncClient
from mi_core.plugin.manager import Plugins
from mi_plugins.regions.guangzhou.interfaces import OutpatientSettlementRequest
from tests.core.calls import CERTNO, PSN, client, output
from tests.plugins.bad_server import Exchange

Answer = Callable[[dict[str, Any]], Any]
"""From the whole message to ``output``; raising :class:`Silent` drops the connection."""


class Silent(Exception):
    """No answer."""


class Refused(Exception):
    """An answer with ``infcode`` -1 and this text."""


@attrs.define
class Bureau:
    """Answers by interface; keeps what it was asked."""

    answers: dict[str, Answer]
    asked: list[dict[str, Any]] = attrs.Factory(list)

    async def __call__(self, exchange: Exchange) -> None:
        if not exchange.request:
            await exchange.answer(b"")  # a sign of life was asked for
            return
        message = json.loads(_message(exchange.request), parse_float=Decimal)
        self.asked.append(message)
        head: dict[str, Any] = {"infcode": 0, "err_msg": ""}
        try:
            content = self.answers[message["infno"]](message)
        except Silent:
            exchange.writer.close()
            return
        except Refused as refusal:
            head, content = {"infcode": -1, "err_msg": str(refusal)}, None
        body = {"inf_refmsgid": "R1", **head, "output": content}
        await exchange.answer(json.dumps(body, ensure_ascii=False, default=float).encode())

    def inputs(self, infno: str) -> list[Any]:
        """What ``input`` was, in order."""
        return [message["input"] for message in self.asked if message["infno"] == infno]


def _message(body: bytes) -> bytes:
    """The message of a POST; one with a file has it in the part ``jsonStr``."""
    part = body.find(b'name="jsonStr"')
    if part < 0:
        return body
    start = body.index(b"\r\n\r\n", part) + 4
    return body[start : body.index(b"\r\n--", start)]


def hospital(url: str, region: str, *, plugins: Plugins | None = None, **changes: Any) -> AsyncClient:
    """A client for one institution of ``region``."""
    institution = {"region": region, **changes.pop("institution", {})}
    return client(url, plugins=plugins, institution=institution, **changes)


def settled(message: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A true answer to a settlement, as Guangzhou gives it: fields of its own beside the nation's."""
    content = output(message["msgid"], **changes)
    content["setlinfo"] |= {"psn_setlway": "01", "med_sumfee": 128.5, "memo": "local"}
    return {**content, "voladetail": []}


def guangzhou_settlement(**changes: Any) -> OutpatientSettlementRequest:
    """A settlement with Guangzhou's own class."""
    values: dict[str, Any] = {
        "psn_no": PSN, "mdtrt_cert_type": "02", "mdtrt_cert_no": CERTNO, "med_type": "11",
        "medfee_sumamt": Decimal("128.50"), "psn_setlway": "01", "mdtrt_id": "V1", "chrg_bchno": "B1",
        "acct_used_flag": "0", "insutype": "310", "mdtrt_mode": "0", "mid_setl_flag": "0",
    }  # fmt: skip
    return OutpatientSettlementRequest(**{**values, **changes})
