"""A journal as a hospital's: real requests with a person's data in every place, and a configuration that names it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mi_core.config import Config, load_config
from mi_core.interfaces import by_code
from mi_core.journal import AttemptState, BeforeSend, Intent, Journal, Resolution, Ticket, Verdict
from mi_core.journal.keyfile import read_ring
from mi_core.types import Effect, Outcome
from tests.journal.kit import INSTITUTION, START, Clock, settlement

PSN = "43000000000000000917"
CERTNO = "430102199003074233"
CARD = "CARD-SECRET-5512"
NAME = "欧阳测试"
PHONE = "13912345678"
PERSONAL = (PSN, CERTNO, CARD, NAME, PHONE)
OTHER_NAME = "司马无名"


def request(visit: str, **extra: Any) -> bytes:
    """The bytes of a 2207 as they leave, with personal data also where no document has a field."""
    data = {
        "psn_no": PSN, "mdtrt_cert_type": "03", "mdtrt_cert_no": CARD, "card_sn": CARD, "psn_cert_type": "01",
        "certno": CERTNO, "med_type": "11", "medfee_sumamt": 128.5, "psn_setlway": "01", "mdtrt_id": visit,
        "chrg_bchno": "B1", "exp_content": f"患者{NAME}", "unknown_field": NAME, **extra,
    }  # fmt: skip
    head = {"infno": "2207", "msgid": "x", "opter": "001", "opter_name": "收费员", "sign_no": CARD}
    return json.dumps({**head, "input": {"data": data}}, ensure_ascii=False).encode()


def reply(text: str = "", infcode: int = -1, **info: Any) -> bytes:
    output = {"setlinfo": info} if info else None
    body = {"infcode": infcode, "inf_refmsgid": "R1", "err_msg": text, "output": output}
    return json.dumps(body, ensure_ascii=False).encode()


def likely(text: str) -> Verdict:
    return Verdict(
        outcome=Outcome.IN_DOUBT, evidence="unlisted refusal", response=reply(text), infcode="-1", likely_refused=True
    )  # fmt: skip


ABSENT = Resolution(to=AttemptState.NOT_EXECUTED, source="query", reason="absent after the fence")
FOUND = Resolution(to=AttemptState.CONFIRMED, source="query", reason="found at the centre", identifier="S9")
MANUAL = Resolution(to=AttemptState.MANUAL, source="limit", reason="8 questions without an answer")


def configured(place: Path, **recovery: Any) -> Config:
    """``mi.toml`` of that institution with a journal beside it."""
    lines = "".join(f"{k} = {json.dumps(v)}\n" for k, v in recovery.items())
    (place / "mi.toml").write_text(
        f"""environment = "test"
[institutions.{INSTITUTION}]
name = "示例医院"
mdtrtarea_admvs = "439900"
sign_in = false
operator = {{ id = "001", name = "收费员" }}
gateway = {{ profile = "none", url = "http://127.0.0.1:9/" }}
refusals = ["*未登记*"]
[institutions.{INSTITUTION}.recovery]
{lines}
[journal]
path = "journal.db"
[store]
operation_log = "sqlite:///mi.db"
""",
        encoding="utf-8",
    )
    (place / "mi.toml").chmod(0o600)
    return load_config(place / "mi.toml")


def opened(place: Path, clock: Clock | None = None, **options: Any) -> Journal:
    """The hospital's journal; made with its key."""
    path = place / "journal.db"
    ring = read_ring(place / "journal.db.key", create=not path.exists())
    if clock is not None:
        options["clock"] = clock
    return Journal.open(path, ring, **options)


def sent(
    journal: Journal, visit: str, *, signed_at: int = START, body: bytes | None = None, **changes: Any
) -> Ticket:
    intent = settlement(visit, psn_no=PSN, **changes)
    ticket = journal.wait(
        journal.begin_job(
            intent, BeforeSend(
                msgid=journal.msgid_now(INSTITUTION).value, endpoint="https://gateway/call", profile_version="[]",
                mdtrtarea_admvs="439900", insuplc_admdvs="439900", operator="001", request=body or request(visit),
                content=b"{}", signed_at=signed_at, deadline_at=signed_at + 60_000,
            ),
        )
    )  # fmt: skip
    assert isinstance(ticket, Ticket)
    return ticket


TIMEOUT = Verdict(outcome=Outcome.IN_DOUBT, evidence="timeout")
UNPROVEN = Verdict(
    outcome=Outcome.IN_DOUBT, evidence="another person", infcode="0", response=reply(infcode=0, setl_id="S1", psn_name=NAME)
)  # fmt: skip


def ended(
    journal: Journal, visit: str, verdict: Verdict = TIMEOUT, *moves: Resolution, **changes: Any
) -> Ticket:
    """A settlement that came to ``verdict`` and then through ``moves``."""
    ticket = sent(journal, visit, **changes)
    journal.wait(journal.end_job(ticket, verdict))
    for move in moves:
        assert journal.wait(journal.resolve_job(ticket.msgid, move)).applied
    return ticket


def state(journal: Journal, ticket: Ticket) -> AttemptState:
    found = journal.read.attempt(ticket.msgid)
    assert found is not None
    return found.state


def reversal_intent(msgid: str) -> Intent:
    assert by_code("2601").behaviour.effect == "reversal"
    return Intent(
        institution=INSTITUTION,
        interface="2601",
        effect=Effect.REVERSAL,
        business_key=(msgid,),
        reverses=msgid,
    )
