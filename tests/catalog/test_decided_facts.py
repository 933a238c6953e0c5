"""Decisions that money depends on, stated a second time: a document that says something else must be looked at by a person.

The table is the journal's; the lists are those of interfaces that differ from the rest.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from mi_core.catalog import load_catalog

CATALOG = load_catalog()
SETL = ("output.setlinfo.setl_id",)
FILED = ("output.result.trt_dcla_detl_sn",)
DONE = ("infcode",)
VISIT = ("data.mdtrt_id",)

# code: (effect, business key, lock key, proof, who can tell the outcome)
JOURNALLED: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], str]] = {
    "2207": ("money", ("data.mdtrt_id", "data.chrg_bchno"), VISIT, SETL, "5203 3202 2601"),
    "2304": ("money", ("operation_key",), VISIT, SETL, "5203 3202 2601"),
    "2102": ("money", ("operation_key",), ("druginfo.psn_no",), SETL, "5201 5203 3202 2601"),
    "2208": ("money", ("data.setl_id",), VISIT, SETL, "5203 5203 3202"),
    "2305": ("money", ("data.setl_id",), VISIT, SETL, "5203 5203 3202"),
    "2103": ("money", ("data.setl_id",), VISIT, SETL, "5203 5203 3202"),
    "2401": ("state", ("mdtrtinfo.psn_no", "mdtrtinfo.ipt_no"), ("mdtrtinfo.psn_no",), ("output.result.mdtrt_id",), "5303 5201 2601"),
    "2404": ("state", VISIT, VISIT, DONE, "5303 5201"),
    "2201": ("state", ("data.psn_no", "data.ipt_otp_no"), ("data.psn_no",), ("output.data.mdtrt_id",), "5201"),
    "2202": ("state", VISIT, VISIT, DONE, "5201"),
    "2402": ("state", ("dscginfo.mdtrt_id",), ("dscginfo.mdtrt_id",), DONE, "5201 5303"),
    "2403": ("state", ("adminfo.mdtrt_id",), ("adminfo.mdtrt_id",), DONE, "5201 5303"),
    "2405": ("state", VISIT, VISIT, DONE, "5201 5303"),
    "2501": ("state", ("refmedin.psn_no", "refmedin.reflin_medins_no", "refmedin.refl_date"), (), FILED, "5304"),
    "2503": ("state", ("data.psn_no", "data.opsp_dise_code", "data.begndate"), (), FILED, "5301"),
    "2505": ("state", ("data.psn_no", "data.biz_appy_type", "data.fixmedins_code", "data.begndate"), (), FILED, "5302"),
    "2507": ("state", ("data.psn_no", "data.begndate"), (), FILED, ""),
    "2502": ("state", ("data.trt_dcla_detl_sn",), (), DONE, "5304"),
    "2504": ("state", ("data.trt_dcla_detl_sn",), (), DONE, "5301"),
    "2506": ("state", ("data.trt_dcla_detl_sn",), (), DONE, "5302"),
    "2163": ("money", ("n_input.mdtrt_regno",), ("n_input.mdtrt_regno",), DONE, "2170 2171"),
    "2167": ("money", ("n_input.mdtrt_regno",), ("n_input.mdtrt_regno",), DONE, "2170 2171"),
    "2166": ("money", ("n_input.mdtrtsn",), ("n_input.mdtrtsn",), DONE, "2170 2171"),
    "2181": ("money", ("n_input.mdtrt_regno", "n_input.status"), ("n_input.mdtrt_regno",), DONE, "2170 2171 2171"),
    "6201": ("money", ("data.medOrgOrd",), ("data.medOrgOrd",), ("output.data.payOrdId",), "6301"),
    "6202": ("money", ("data.payOrdId",), ("data.payOrdId",), ("output.data.ordStas",), "6301"),
    "6203": ("money", ("data.appRefdSn",), ("data.payOrdId",), ("output.data.refStatus",), "6301"),
    "6401": ("money", ("data.payOrdId",), ("data.payOrdId",), ("output.data.success",), "6301"),
    "2601": ("reversal", ("data.omsgid",), ("data.omsgid",), DONE, "2601 3202"),
}  # fmt: skip


@pytest.mark.parametrize("code", JOURNALLED)
def test_the_journal_s_table(code: str) -> None:
    b = CATALOG.interfaces[code].behaviour
    asked = " ".join(q.interface for q in b.outcome_queries)
    assert (b.effect, b.business_key, b.lock_key, b.proof, asked) == JOURNALLED[code]
    assert b.timeout == "settlement"


def test_nothing_else_is_journalled() -> None:
    exact = {c for c, s in CATALOG.interfaces.items() if s.behaviour.effect in ("money", "state", "reversal")}
    assert exact == set(JOURNALLED)


def test_queries_that_only_some_regions_answer() -> None:
    for code in ("2207", "2304", "2102"):
        marks = {q.interface: (q.region, q.last) for q in CATALOG.interfaces[code].behaviour.outcome_queries}
        assert marks["5203"] == (True, False)
        assert marks["2601"] == (False, True)


def test_what_can_be_reversed_and_cancelled() -> None:
    specs = CATALOG.interfaces.values()
    assert {s.code for s in specs if s.behaviour.reversible} == {"2102", "2207", "2304", "2401"}
    undone = {
        s.code: s.behaviour.cancelled_by for s in specs if s.behaviour.cancelled_by and s.code[:2] < "26"
    }
    assert undone == {
        "2102": "2103", "2166": "2167", "2201": "2202", "2204": "2205", "2207": "2208", "2301": "2302", "2304": "2305",
        "2401": "2404", "2402": "2405", "2405": "2402", "2501": "2502", "2503": "2504", "2505": "2506",
    }  # fmt: skip


WITH_HOSPITAL = ("fund_pay_sumamt", "psn_part_amt", "hosp_part_amt")
SUMS = {
    **dict.fromkeys(
        ("2101", "2102", "2206", "2207", "2303", "2304", "2305"), (WITH_HOSPITAL, "=", "psn_cash_pay")
    ),
    "2208": (WITH_HOSPITAL, "=", "pdn_cash_pay"),
    "2103": (("fund_pay_sumamt", "psn_part_amt"), "<=", "psn_cash_pay"),
    "5203": (("fund_pay_sumamt", "psn_pay"), "<=", "cash_payamt"),
}


@pytest.mark.parametrize("code", SUMS)
def test_the_sums_of_a_settlement(code: str) -> None:
    parts, relation, cash = SUMS[code]
    total, person = CATALOG.interfaces[code].behaviour.identities
    assert (total.node, total.total, total.parts, total.relation) == (
        "setlinfo",
        "medfee_sumamt",
        parts,
        relation,
    )
    assert (person.node, person.total, person.parts, person.relation) == (
        "setlinfo", parts[1], ("acct_pay", cash), "=",
    )  # fmt: skip


def test_what_differs_from_the_rest() -> None:
    behaviours = {c: s.behaviour for c, s in CATALOG.interfaces.items()}
    assert {c for c, b in behaviours.items() if b.direction == "inbound"} == {"6204", "6302", "7108", "7109"}
    assert {c for c, b in behaviours.items() if b.envelope == "none"} == {"4261", "4262", "4263"}
    assert {c for c, b in behaviours.items() if b.envelope == "order"} == {
        c for c in behaviours if c[0] == "6"
    }
    large = {c for c, b in behaviours.items() if b.input_limit != 40_000}
    assert " ".join(sorted(large)) == "2203A 3503A 3704 4506 4901 4905 7102 7103 7205 9601 9602 9603 9605"
    assert {c for c in ("2204", "2205", "2301", "2302") if behaviours[c].repeat != "replace"} == set()


MANY = {
    "2101": "drugdetail", "2102": "drugdetail", "2203": "diseinfo", "2204": "feedetail", "2301": "feedetail",
    "2302": "data", "2401": "diseinfo", "2402": "diseinfo", "2403": "diseinfo",
}  # fmt: skip


def test_which_request_nodes_have_many_rows() -> None:
    for code in (c for c in CATALOG.interfaces if c[:2] in ("21", "22", "23", "24", "25") and len(c) == 4):
        roots = [n.code for n in CATALOG.interfaces[code].input.nodes if n.repeated]
        assert roots == ([MANY[code]] if code in MANY else ["data"] if code == "2306" else []), code


TABLES = {
    "med_type": "med_type", "insutype": "insutype", "mdtrt_cert_type": "mdtrt_cert_type", "psn_setlway": "psn_setlway",
    "acct_used_flag": "acct_used_flag", "mid_setl_flag": "mid_setl_flag", "hosp_appr_flag": "hosp_appr_flag",
}  # fmt: skip


def test_the_codes_of_a_settlement_are_bound_to_their_own_tables() -> None:
    wrong = []
    for code in ("2001", "2101", "2102", "2201", "2203", "2204", "2206", "2207", "2303", "2304", "2401"):
        for path, member in CATALOG.interfaces[code].input.walk():
            if TABLES.get(member.code) not in (None, getattr(member, "code_table", None)):
                wrong.append(f"{code} {path}")
    assert wrong == []


SECRET = [
    (r"(患者|人员|参保人|联系人|收货人|用户|医师|医生|药师)姓名\Z", "person-name"),
    (r"(证件号码|身份证号|人员编号)\Z", "id-number"),
    (r"(联系电话|联系人电话)\Z", "phone"),
    (r"(就诊凭证编号|电子凭证令牌|卡识别码)\Z", "credential"),
    (r"(医疗费总额|基金支付总额|个人账户支出|个人现金支出)\Z", "money"),
]


@pytest.mark.parametrize(("label", "sensitivity"), SECRET)
def test_what_must_be_masked(label: str, sensitivity: str) -> None:
    def members() -> Any:
        for spec in CATALOG.interfaces.values():
            for part in (spec.input, spec.output):
                for path, member in part.walk():
                    if hasattr(member, "sensitivity") and re.search(label, member.label):
                        yield f"{spec.code} {part.code}.{path}", member.sensitivity

    found = dict(members())
    assert len(found) > 5
    assert {p: s for p, s in found.items() if s != sensitivity} == {}
