"""The demo's story: one patient from the identity check to the refund, each step one typed call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar

import attrs

from mi_core import AsyncClient
from mi_core.codes import (
    AcctUsedFlag,
    DiagType,
    HospApprFlag,
    MdtrtCertType,
    MedType,
    PsnCertType,
    PsnSetlway,
    ValiFlag,
)
from mi_core.interfaces import (
    BenefitEntitlementCheckRequest,
    OutpatientFeeUploadRequest,
    OutpatientPresettlementRequest,
    OutpatientRegistrationRequest,
    OutpatientSettlementCancellationRequest,
    OutpatientSettlementRequest,
    OutpatientVisitUploadRequest,
    PersonInformationRequest,
    SettlementQueryRequest,
)
from mi_core.interfaces.i2203_outpatient_visit_upload import Diagnosis
from mi_core.interfaces.i2204_outpatient_fee_upload import FeeItem
from mi_core.model import Request, Response
from mi_plugins.demo.identities import Identity, identities_of
from mi_plugins.demo.lost_answer import settle_without_answer
from mi_plugins.sandbox.persons import Person

__all__ = ["Step", "VisitReport", "run_visit"]

Reply = TypeVar("Reply", bound=Response)

BASKET = (
    ("SBX-A-0001", "阿莫西林胶囊", Decimal("2"), Decimal("18.60")),
    ("SBX-A-0002", "一般诊疗费", Decimal("1"), Decimal("10.00")),
    ("SBX-B-0001", "阿托伐他汀钙片", Decimal("1"), Decimal("52.35")),
    ("SBX-B-0002", "磁共振平扫", Decimal("1"), Decimal("620.00")),
    ("SBX-C-0001", "进口营养补充剂", Decimal("1"), Decimal("88.00")),
    ("SBX-M-0001", "一次性使用耗材", Decimal("3"), Decimal("9.90")),
)
"""Sandbox items of every grade, with one price above its ceiling: (code, name, count, price)."""


@attrs.frozen
class Step:
    """One call as the demo shows it: ``amounts`` by Chinese label, in yuan."""

    code: str
    title: str
    msgid: str | None
    elapsed: float | None
    amounts: dict[str, Decimal]
    notes: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``: amounts as decimal text."""
        return {
            **attrs.asdict(self),
            "amounts": {label: str(amount) for label, amount in self.amounts.items()},
        }


@attrs.frozen
class VisitReport:
    """All steps and the equations that were checked."""

    steps: tuple[Step, ...]
    identities: tuple[Identity, ...]

    @property
    def proven(self) -> bool:
        """Whether every equation holds to the cent."""
        return all(item.holds for item in self.identities)


Shown = Callable[[Step], None]


class _Story:
    """Sends requests and keeps what is shown of each; ``area`` is the insured's, known after 1101."""

    def __init__(self, mi: AsyncClient, shown: Shown) -> None:
        self.mi, self.shown = mi, shown
        self.steps: list[Step] = []
        self.area: str | None = None

    async def call(self, request: Request[Reply]) -> Reply:
        """One call; its step is told with :meth:`tell` once the caller knows which amounts matter."""
        return await self.mi.call(request, insuplc_admdvs=self.area)

    def tell(
        self, reply: Response, amounts: dict[str, Decimal | None] | None = None, **notes: str | None
    ) -> None:
        """Keep and show one step."""
        interface, meta = reply.__interface__, reply.meta
        if meta.repeated:
            notes = {"查证": f"{meta.source}，未再发送", **notes}
        step = Step(
            interface.code, interface.title, meta.msgid, meta.elapsed,
            {label: amount for label, amount in (amounts or {}).items() if amount is not None},
            {label: note for label, note in notes.items() if note},
        )  # fmt: skip
        self.steps.append(step)
        self.shown(step)


async def run_visit(
    mi: AsyncClient, person: Person, institution: str, now: dt.datetime, shown: Shown,
    lose: Callable[[], Awaitable[None]] | None = None,
) -> VisitReport:  # fmt: skip
    """1101 → 2001 → 2201 → 2203 → 2204 → 2206 → 2207 → 5203 → 2208, a settlement whose answer is lost, the balance again.

    ``lose`` makes the next answer to a settlement get lost; without it that part is left out.
    ``now`` is the time of the visit (naive, UTC+8); ``shown`` is told of each step as it happens.
    """
    story = _Story(mi, shown)
    ask = PersonInformationRequest(
        mdtrt_cert_type=MdtrtCertType.居民身份证,
        mdtrt_cert_no=person.certno,
        psn_cert_type=PsnCertType.居民身份证_户口簿_,
        certno=person.certno,
        psn_name=person.name,
    )
    who = await story.call(ask)
    insured = who.insuinfo[0]
    before = insured.balc or Decimal(0)
    story.tell(who, {"账户余额": before}, 参保人=who.baseinfo.psn_name, 险种=insured.insutype)
    psn_no, insutype, psn_type = who.baseinfo.psn_no or "", insured.insutype or "", insured.psn_type or ""
    story.area = insured.insuplc_admdvs

    entitled = await story.call(
        BenefitEntitlementCheckRequest(
            psn_no=psn_no,
            insutype=insutype,
            fixmedins_code=institution,
            med_type=MedType.普通门诊,
            begntime=now,
        )
    )
    story.tell(entitled, 可享待遇=str(sum(1 for row in entitled.trtinfo if row.trt_enjymnt_flag == "1")))

    registered = await story.call(
        OutpatientRegistrationRequest(
            mdtrt_cert_type=MdtrtCertType.居民身份证,
            mdtrt_cert_no=person.certno,
            psn_cert_type=PsnCertType.居民身份证_户口簿_,
            certno=person.certno,
            psn_no=psn_no,
            insutype=insutype,
            begntime=now,
            psn_type=psn_type,
            psn_name=person.name,
            ipt_otp_no=f"DEMO{now:%y%m%d%H%M%S}",
            atddr_no="D43000000001",
            dr_name="沙箱医师",
            dept_code="0301",
            dept_name="心血管内科",
            caty="A03.04",
        )
    )
    visit = registered.data.mdtrt_id
    story.tell(registered, 就诊ID=visit)

    seen = await story.call(
        OutpatientVisitUploadRequest(
            mdtrt_id=visit,
            psn_no=psn_no,
            med_type=MedType.普通门诊,
            begntime=now,
            dise_codg="I10.x00x002",
            dise_name="高血压",
            diseinfo=[
                Diagnosis(
                    diag_type=DiagType.西医诊断,
                    diag_srt_no=1,
                    diag_code="I10.x00x002",
                    diag_name="高血压",
                    diag_dept="0301",
                    dise_dor_no="D43000000001",
                    dise_dor_name="沙箱医师",
                    diag_time=now,
                    vali_flag=ValiFlag.有效,
                )
            ],
        )
    )
    story.tell(seen, 诊断="高血压")

    batch = f"B{now:%y%m%d%H%M%S}"
    items = [
        FeeItem(
            feedetl_sn=f"{now:%y%m%d%H%M%S}{number:03d}",
            mdtrt_id=visit,
            psn_no=psn_no,
            chrg_bchno=batch,
            rx_circ_flag="0",
            fee_ocur_time=now,
            med_list_codg=code,
            medins_list_codg=f"H-{code}",
            det_item_fee_sumamt=count * price,
            cnt=count,
            pric=price,
            bilg_dept_codg="0301",
            bilg_dept_name="心血管内科",
            bilg_dr_codg="D43000000001",
            bilg_dr_name="沙箱医师",
            hosp_appr_flag=HospApprFlag.审批通过,
        )
        for number, (code, _name, count, price) in enumerate(BASKET, 1)
    ]
    charged = sum((item.det_item_fee_sumamt for item in items), Decimal("0.00"))
    uploaded = await story.call(OutpatientFeeUploadRequest(feedetail=items))
    story.tell(uploaded, {"费用合计": charged}, 明细=str(len(uploaded.result)))

    ask_quote = OutpatientPresettlementRequest(
        mdtrt_cert_type=MdtrtCertType.居民身份证,
        mdtrt_cert_no=person.certno,
        psn_cert_type=PsnCertType.居民身份证_户口簿_,
        certno=person.certno,
        psn_no=psn_no,
        med_type=MedType.普通门诊,
        medfee_sumamt=charged,
        mdtrt_id=visit,
        psn_setlway=PsnSetlway.按项目结算,
        chrg_bchno=batch,
        insutype=insutype,
        acct_used_flag=AcctUsedFlag.使用本人个账,
        psn_type=psn_type,
        psn_name=person.name,
    )
    quote = await story.call(ask_quote)
    q = quote.setlinfo
    story.tell(
        quote,
        {
            "医疗费总额": q.medfee_sumamt,
            "基金": q.fund_pay_sumamt,
            "账户": q.acct_pay,
            "现金": q.psn_cash_pay,
        },
    )

    assert q.fulamt_ownpay_amt is not None and q.overlmt_selfpay is not None
    assert q.preselfpay_amt is not None and q.inscp_scp_amt is not None
    settle = OutpatientSettlementRequest(
        mdtrt_cert_type=MdtrtCertType.居民身份证,
        mdtrt_cert_no=person.certno,
        psn_cert_type=PsnCertType.居民身份证_户口簿_,
        certno=person.certno,
        psn_no=psn_no,
        med_type=MedType.普通门诊,
        medfee_sumamt=charged,
        mdtrt_id=visit,
        psn_setlway=PsnSetlway.按项目结算,
        chrg_bchno=batch,
        insutype=insutype,
        acct_used_flag=AcctUsedFlag.使用本人个账,
        fulamt_ownpay_amt=q.fulamt_ownpay_amt,
        overlmt_selfpay=q.overlmt_selfpay,
        preselfpay_amt=q.preselfpay_amt,
        inscp_scp_amt=q.inscp_scp_amt,
    )
    settled = await story.call(settle)
    s = settled.setlinfo
    story.tell(
        settled,
        {
            "医疗费总额": s.medfee_sumamt,
            "基金": s.fund_pay_sumamt,
            "账户": s.acct_pay,
            "现金": s.psn_cash_pay,
            "医院负担": s.hosp_part_amt,
            "账户余额": s.balc,
        },
        结算ID=s.setl_id,
    )

    queried = await story.call(SettlementQueryRequest(psn_no=psn_no, setl_id=s.setl_id, mdtrt_id=visit))
    f = queried.setlinfo
    story.tell(queried, {"医疗费总额": f.medfee_sumamt, "基金": f.fund_pay_sumamt, "现金": f.cash_payamt})

    refund = await story.call(
        OutpatientSettlementCancellationRequest(setl_id=s.setl_id, mdtrt_id=visit, psn_no=psn_no)
    )
    r = refund.setlinfo
    story.tell(
        refund,
        {"医疗费总额": r.medfee_sumamt, "基金": r.fund_pay_sumamt, "现金": r.pdn_cash_pay},
        退费结算ID=r.setl_id,
    )

    lost = None
    if lose is not None:
        lost = await settle_without_answer(mi, story.call, story.tell, ask_quote, settle, lose)

    again = await story.call(ask)
    after = again.insuinfo[0].balc or Decimal(0)
    story.tell(again, {"账户余额": after})
    identities = identities_of(charged, before, after, quote, settled, queried, refund)
    return VisitReport(tuple(story.steps), tuple(identities + (lost or [])))
