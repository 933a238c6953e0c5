"""A real ``mi serve`` in a process of its own, a sandbox behind it, and a caller that speaks HTTP by hand."""

from __future__ import annotations

import datetime as dt
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from mi_core.serve.tokens import TokenFile
from mi_core.types import CHINA_TIME
from mi_plugins.sandbox.persons import DOCUMENTED

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND = "H43000000001", "H43000000002"
PERSON = DOCUMENTED[0]
_numbers = itertools.count(1)


@attrs.frozen
class Answer:
    """One reply as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)

    @property
    def charset(self) -> str:
        return self.headers.get("content-type", "").partition("charset=")[2] or "utf-8"

    @property
    def json(self) -> Any:
        return json.loads(self.body.decode(self.charset), parse_float=Decimal)


@attrs.define
class Served:
    """A running service."""

    folder: Path
    process: subprocess.Popen[str]
    url: str
    tokens: dict[str, str]
    sandbox: Mapping[str, Any]

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = "operator", headers: Mapping[str, str] = {},
        raw: bytes | None = None, seconds: float = 60.0,
    ) -> Answer:  # fmt: skip
        """One request on a connection of its own. ``token``: a name of :attr:`tokens`, or ``None``."""
        sent = {"Content-Type": "application/json", **headers}
        if token is not None:
            sent["Authorization"] = f"Bearer {self.tokens[token]}"
        data = raw if raw is not None else None if body is None else dumps(body)
        if data is None:
            del sent["Content-Type"]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, data, {name: value for name, value in sent.items() if value})
            reply = connection.getresponse()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def call(
        self, infno: str, data: Any, *, institution: str = FIRST, options: Mapping[str, Any] = {}, key: str | None = "",
        headers: Mapping[str, str] = {}, **more: Any,
    ) -> Answer:  # fmt: skip
        """``POST …/calls/{infno}``. ``key``: its ``Idempotency-Key``, a new one by default; ``None``: without one."""
        path = f"/v1/institutions/{institution}/calls/{infno}"
        return self.ask("POST", path, {"input": data, **options}, headers={**keyed(key), **headers}, **more)

    def step(
        self, flow: str, key: str, step: str, body: Any, *, once: str | None = "", headers: Mapping[str, str] = {}, **more: Any
    ) -> Answer:  # fmt: skip
        """``POST …/flows/{flow}/{key}/{step}``. ``once``: its ``Idempotency-Key``, as ``key`` of :meth:`call`."""
        path = f"/v1/institutions/{FIRST}/flows/{flow}/{key}/{step}"
        return self.ask("POST", path, body, headers={**keyed(once), **headers}, **more)

    def get(self, path: str, *, institution: str = FIRST, **more: Any) -> Answer:
        """``GET`` below an institution."""
        return self.ask("GET", f"/v1/institutions/{institution}{path}", **more)

    def fault(self, infno: str, fault: str, **more: Any) -> None:
        """Make the sandbox misbehave once."""
        head = {
            self.sandbox["control_header"]: self.sandbox["control_token"],
            "Content-Type": "application/json",
        }
        data = json.dumps({"infno": infno, "fault": fault, **more}).encode()
        request = urllib.request.Request(f"{self.sandbox['control_url']}/faults", data, head)
        with urllib.request.urlopen(request, timeout=30) as reply:
            assert reply.status == 200

    def ledger(self) -> Any:
        """What the bureau has done."""
        request = urllib.request.Request(
            f"{self.sandbox['control_url']}/ledger",
            headers={self.sandbox["control_header"]: self.sandbox["control_token"]},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.loads(reply.read())

    def stop(self, how: signal.Signals = signal.SIGTERM) -> str:
        """End it; what it wrote to standard error."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.communicate(timeout=60)
        return self.log

    @property
    def log(self) -> str:
        """What it has written to standard error."""
        return (self.folder / "serve.log").read_text(encoding="utf-8")


def keyed(key: str | None = "") -> dict[str, str]:
    """The header of a key; a new one where none is given."""
    return {} if key is None else {"Idempotency-Key": key or f"K{os.getpid()}-{next(_numbers)}"}


def dumps(value: Any) -> bytes:
    """JSON with exact amounts."""
    from mi_core.testing.examples import to_json

    return to_json(value)


def configuration(sandbox: Mapping[str, Any], extra: str = "", codes: Sequence[str] = (FIRST, SECOND)) -> str:
    """A ``mi.toml`` for two hospitals of the sandbox."""
    text = str(sandbox["config_toml"])
    head, _, rest = text.partition(f"[institutions.{FIRST}]")
    sections = [f"[institutions.{FIRST}]{rest}".replace(FIRST, code) for code in codes]
    return head + "\n".join(sections) + '\n[store]\noperation_log = "sqlite:///mi.db"\n' + extra


def proven(text: str) -> str:
    """The same configuration where what the bureau says of missing things is known to mean "not executed"."""
    known = '["*没有*", "*未*", "*不*", "*无*"]'
    return text.replace(f"[institutions.{FIRST}]\n", f"[institutions.{FIRST}]\nrefusals = {known}\n", 1)


def start(folder: Path, sandbox: Mapping[str, Any], extra: str = "", arguments: Sequence[str] = ()) -> Served:
    """``mi serve`` on a free port, with a token per role and one for the second hospital."""
    folder.mkdir(exist_ok=True)
    config = folder / "mi.toml"
    if not config.exists():
        config.write_text(configuration(sandbox, extra), encoding="utf-8")
    tokens = made_tokens(folder)
    errors = (folder / "serve.log").open("a")
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "mi_core", "serve", "--config", str(config), "--port", "0", "--json", *arguments],
        stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8", env=environment(), cwd=folder,
    )  # fmt: skip
    errors.close()
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.communicate()
        raise AssertionError((folder / "serve.log").read_text(encoding="utf-8"))
    return Served(folder, process, json.loads(line)["url"], tokens, sandbox)


def environment() -> dict[str, str]:
    """Without the operator's own variables."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("MI_")}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "codegen"))),
        "PYTHONIOENCODING": "utf-8",
    }


def made_tokens(folder: Path) -> dict[str, str]:
    """The tokens of the tests, made once per folder."""
    kept = folder / "secrets.json"
    if kept.exists():
        return dict(json.loads(kept.read_text()))
    file, made = TokenFile(folder / "mi.serve.tokens"), {}
    for name, roles, institutions in (
        ("operator", ["operator"], [FIRST]), ("finance", ["finance"], [FIRST]), ("finance2", ["finance"], [FIRST]),
        ("auditor", ["auditor"], [FIRST]), ("administrator", ["administrator"], [FIRST]), ("other", ["operator"], [SECOND]),
        ("other-finance", ["finance"], [SECOND]), ("both", ["operator", "finance"], ["*"]),
    ):  # fmt: skip
        made[name] = file.new(name, roles, institutions)[1]
    kept.write_text(json.dumps(made))
    return made


def now() -> dt.datetime:
    return dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0)


def person(name: str = PERSON.name, certno: str = PERSON.certno) -> dict[str, Any]:
    """Input of 1101."""
    return {
        "data": {
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": certno,
            "psn_cert_type": "01",
            "certno": certno,
            "psn_name": name,
        }
    }


def registration() -> dict[str, Any]:
    """Input of 2201; another visit each time."""
    return {"data": {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": PERSON.certno, "psn_cert_type": "01", "certno": PERSON.certno,
        "psn_no": PERSON.psn_no, "insutype": "310", "begntime": str(now()), "psn_type": "11", "psn_name": PERSON.name,
        "ipt_otp_no": f"S{now():%d%H%M%S}{os.getpid()}{next(_numbers)}", "atddr_no": "D43000000001", "dr_name": "沙箱医师",
        "dept_code": "0301", "dept_name": "心血管内科", "caty": "A03.04",
    }}  # fmt: skip


def settlement(served: Served, total: str = "37.20") -> dict[str, Any]:
    """A visit up to its quote; the input of 2207."""
    area = {"insuplc_admdvs": "990101"}
    visit = served.call("2201", registration(), options=area).json["output"]["data"]["mdtrt_id"]
    number = f"{now():%d%H%M%S}{os.getpid()}{next(_numbers)}"
    diagnosis = {
        "diag_type": "1", "diag_srt_no": 1, "diag_code": "I10.x00x002", "diag_name": "高血压", "diag_dept": "0301",
        "dise_dor_no": "D43000000001", "dise_dor_name": "沙箱医师", "diag_time": str(now()), "vali_flag": "1",
    }  # fmt: skip
    seen = served.call("2203", {
        "mdtrtinfo": {"mdtrt_id": visit, "psn_no": PERSON.psn_no, "med_type": "11", "begntime": str(now()),
                      "dise_codg": "I10.x00x002", "dise_name": "高血压"},
        "diseinfo": [diagnosis],
    }, options=area)  # fmt: skip
    assert seen.status == 200, seen.json
    batch = f"B{number}"
    item = {
        "feedetl_sn": number, "mdtrt_id": visit, "psn_no": PERSON.psn_no, "chrg_bchno": batch, "rx_circ_flag": "0",
        "fee_ocur_time": str(now()), "med_list_codg": "SBX-A-0001", "medins_list_codg": "H-1",
        "det_item_fee_sumamt": Decimal(total), "cnt": Decimal("1"), "pric": Decimal(total), "bilg_dept_codg": "0301",
        "bilg_dept_name": "心血管内科", "bilg_dr_codg": "D43000000001", "bilg_dr_name": "沙箱医师", "hosp_appr_flag": "1",
    }  # fmt: skip
    sent = served.call("2204", {"feedetail": [item]}, options=area)
    assert sent.status == 200, sent.json
    ask = {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": PERSON.certno, "psn_cert_type": "01", "certno": PERSON.certno,
        "psn_no": PERSON.psn_no, "med_type": "11", "medfee_sumamt": Decimal(total), "mdtrt_id": visit, "psn_setlway": "01",
        "chrg_bchno": batch, "insutype": "310", "acct_used_flag": "1",
    }  # fmt: skip
    quote = served.call("2206", {"data": ask | {"psn_type": "11", "psn_name": PERSON.name}}, options=area)
    assert quote.status == 200, quote.json
    told = quote.json["output"]["setlinfo"]
    names = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    return {"data": ask | {name: told[name] for name in names}}


def raw_exchange(port: int, data: bytes, *, seconds: float = 30.0) -> bytes:
    """Bytes out, everything in until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line:
        line.sendall(data)
        parts = []
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts)
