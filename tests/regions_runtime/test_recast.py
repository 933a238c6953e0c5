"""A request of one document under another, without any network: what finds its place, what is refused, and why."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from mi_core import interfaces as base
from mi_core.model import Interface, Problem, Request
from mi_core.model.fields import Inline, Node, Text
from mi_core.model.fields.node import Root
from mi_core.model.record import Record
from mi_core.regions import filled, plan_of, recast
from mi_plugins.regions.chongqing import interfaces as chongqing
from mi_plugins.regions.foshan import interfaces as foshan
from mi_plugins.regions.guangzhou import interfaces as guangzhou
from mi_plugins.regions.jiangsu import interfaces as jiangsu
from mi_plugins.regions.shenzhen import interfaces as shenzhen

PACKAGES: tuple[Any, ...] = (guangzhou, foshan, chongqing, jiangsu, shenzhen)
TITLES = ("某地", "Somewhere")


def under(request: Request[Any], target: Interface[Any]) -> tuple[dict[str, Any], list[Problem]]:
    made, problems = recast(request, target, TITLES)
    return ({} if made is None else made.to_dict()), problems


def _text(code: str) -> Text:
    return Text(code, code)


def registration(**changes: Any) -> Any:
    values = {
        "psn_no": "P1", "insutype": "310", "begntime": dt.datetime(2026, 1, 1, 8), "mdtrt_cert_type": "02",
        "mdtrt_cert_no": "990101198503120037", "ipt_otp_no": "O1", "atddr_no": "D1", "dr_name": "医师", "dept_code": "A01",
        "dept_name": "内科", "caty": "A01", "psn_cert_type": "01", "certno": "990101198503120037", "psn_type": "11",
        "psn_name": "甲",
    }  # fmt: skip
    return base.OutpatientRegistrationRequest(**{**values, **changes})


def test_the_flat_node_has_another_name() -> None:
    request = base.OutpatientSettlementCancellationRequest(setl_id="S1", psn_no="P1", mdtrt_id="V1")
    content, problems = under(request, guangzhou.by_code("2208"))
    assert (content, problems) == ({"mdtrtinfo": {"setl_id": "S1", "psn_no": "P1", "mdtrt_id": "V1"}}, [])


def test_a_node_becomes_the_message_itself() -> None:
    request = base.ReversalRequest(psn_no="P1", omsgid="M1", oinfno="2207")
    content, problems = under(request, guangzhou.by_code("2601"))
    assert (content, problems) == ({"psn_no": "P1", "omsgid": "M1", "oinfno": "2207"}, [])
    there = guangzhou.ReversalRequest(psn_no="P1", omsgid="M1", oinfno="2207")
    back, problems = under(there, base.by_code("2601"))
    assert (back, problems) == ({"data": {"psn_no": "P1", "omsgid": "M1", "oinfno": "2207"}}, [])


def test_what_is_not_given_stays_not_given_and_empty_stays_empty() -> None:
    content, problems = under(registration(ipt_otp_no="O1"), foshan.by_code("2201"))
    assert not [p for p in problems if p.severity == "error"]
    assert "mdtrt_mode" not in content["data"]
    request = base.OutpatientSettlementCancellationRequest(
        setl_id="S1", psn_no="P1", mdtrt_id="V1", exp_content=None
    )
    assert under(request, guangzhou.by_code("2208"))[0]["mdtrtinfo"].get("exp_content", "absent") is None


def test_a_list_where_the_region_takes_one_row() -> None:
    kind = base.by_code("2302").request
    (node,) = (m for m in kind.__members__ if isinstance(m, Node))
    one = node.row(feedetl_sn="1", mdtrt_id="V1", psn_no="P1")  # type: ignore[call-arg]  # a generated row class
    content, problems = under(kind(data=[one]), guangzhou.by_code("2302"))  # type: ignore[call-arg]  # as above
    assert not problems and content["feeinfo"]["mdtrt_id"] == "V1"
    _, problems = under(kind(data=[one, one]), guangzhou.by_code("2302"))  # type: ignore[call-arg]  # as above
    assert [p.rule for p in problems if p.field == "data"] == ["region"]
    assert "分次发送" in problems[0].zh and "2" in problems[0].en


def test_one_row_where_the_region_takes_a_list() -> None:
    plan = plan_of(base.by_code("3401").request, foshan.by_code("3401").request)
    (pair,) = plan.pairs
    assert (pair.here.wire, pair.here.kind, pair.there.wire, pair.there.kind) == (
        "deptinfo",
        "one",
        "deptinfo",
        "many",
    )
    assert plan.lacking() == {"/deptinfo/dept_type"}


def test_a_value_that_has_no_place_is_refused_and_an_empty_one_is_not() -> None:
    """Chongqing's ``exp_content`` of 2305 is a node; the base's text cannot become one."""
    values = {"setl_id": "S1", "psn_no": "P1", "mdtrt_id": "V1"}
    kind = base.InpatientSettlementCancellationRequest
    for nothing in ({}, {"exp_content": None}, {"exp_content": " "}):
        content, problems = under(kind(**values, **nothing), chongqing.by_code("2305"))
        assert not problems and content["data"]["setl_id"] == "S1"
    made, (problem,) = recast(kind(**values, exp_content="x"), chongqing.by_code("2305"), TITLES)
    assert made is None
    assert (problem.field, problem.label, problem.path) == ("exp_content", "字段扩展", "/data/exp_content")
    assert "mi_plugins.regions.chongqing.interfaces.InpatientSettlementCancellationRequest" in problem.zh


def test_what_the_base_leaves_open_and_the_region_requires() -> None:
    """Shenzhen wants the doctor: the base class has the field, so nothing but a value is missing."""
    made, problems = recast(registration(dr_name=None), shenzhen.by_code("2201"), ("深圳", "Shenzhen"))
    assert made is None
    (problem,) = [p for p in problems if p.field == "dr_name"]
    assert (problem.rule, problem.zh) == ("required", "深圳必填，不能为空")


def test_jiangsus_node_of_the_person_is_for_its_own_class() -> None:
    """Whether ``data`` still carries the person is not known there; what the caller wrote stays where it was written."""
    content, problems = under(registration(), jiangsu.by_code("2201"))
    assert not problems
    assert content["data"]["psn_no"] == "P1" and "psnbaseinfo" not in content


def _message(*members: Any) -> type[Record]:
    return type("Message", (Record,), {"__members__": members})


def _row(name: str, *codes: str) -> type[Record]:
    return type(name, (Record,), {"__members__": tuple(Text(code, code) for code in codes)})


def test_a_field_moves_into_a_node_that_is_new() -> None:
    """The person out of ``data`` into a node beside, where ``data`` no longer has it."""
    here = _message(Inline("data", "", *map(_text, ("psn_no", "certno", "begntime", "dept"))))
    there = _message(
        Inline("data", "", *map(_text, ("psn_no", "begntime", "dept"))),
        Node("person", "", _row("P", "certno", "gend")),
    )
    moves = {start: end for start, end, _ in plan_of(here, there).moves}
    assert moves[("data", "certno")] == ("person", "certno")
    assert plan_of(here, there).lost == ()


def test_an_agent_does_not_get_the_patients_data() -> None:
    """A node that both have belongs to somebody else: a field that the patient's node lost must not end up there."""
    agent = _row("Agent", "name", "tel")
    here = _message(Inline("data", "", *map(_text, ("psn_no", "begntime", "tel"))), Node("agent", "", agent))
    there = _message(Inline("data", "", *map(_text, ("psn_no", "begntime"))), Node("agent", "", agent))
    plan = plan_of(here, there)
    assert [start for start, _ in plan.lost] == [("data", "tel")]
    other = plan_of(base.by_code("2201").request, guangzhou.by_code("2201").request)
    assert [end for _, end, _ in other.moves if end[0] == "agnterinfo"] == []


def test_two_lists_that_share_little_are_not_the_same() -> None:
    here = _message(Node("fees", "", _row("Fee", "sn", "amount", "name", "day"), many=True))
    there = _message(Node("diagnoses", "", _row("Diagnosis", "name", "code"), many=True))
    assert [place.wire for place in plan_of(here, there).gone] == ["fees"]


def test_wrong_values_are_told_as_ever() -> None:
    wrong = base.OutpatientSettlementCancellationRequest(setl_id=5, psn_no="", mdtrt_id="V1" * 20)  # type: ignore[arg-type]  # the point
    _, problems = under(wrong, guangzhou.by_code("2208"))
    assert {(p.field, p.rule) for p in problems} >= {("mdtrt_id", "max_length")}
    kind = base.by_code("2302").request
    _, problems = under(kind(data=5), guangzhou.by_code("2302"))  # type: ignore[call-arg]  # as above
    assert problems and problems[0].field == "data"


def test_what_the_library_knows_finds_its_fields() -> None:
    known = {
        "setl_optins": "440100", "clr_optins": "440100", "cash_payamt": Decimal(1), "acct_pay": Decimal(2), "insutype": "310",
        "clr_type": "11", "stmt_begndate": dt.date(2026, 1, 1), "stmt_enddate": dt.date(2026, 1, 1),
        "medfee_sumamt": Decimal(3), "fund_pay_sumamt": Decimal(0), "fixmedins_setl_cnt": 1, "fixmedins_refd_setl_flag": "0",
    }  # fmt: skip
    assert filled(guangzhou.by_code("3201"), known).to_dict()["cash_payamt"] == 1
    nation = filled(base.by_code("3201"), known).to_dict()["data"]
    assert nation["setl_optins"] == "440100" and "clr_optins" not in nation and "cash_payamt" not in nation


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: str(p.__name__).split(".")[2])
def test_every_interface_has_a_plan(package: Any) -> None:
    """Nothing of the base is lost but what a shipped dialect demonstrably cannot take."""
    lost: set[str] = set()
    for code in package.OWN_CODES:
        if code not in base.ALL_CODES:
            continue
        here, there = base.by_code(code).request, package.by_code(code).request
        assert not any(isinstance(m, Root) for m in (*here.__members__, *there.__members__))
        plan = plan_of(here, there)
        assert len({end for _, end, _ in plan.moves}) == len(plan.moves)
        assert all(start[-1] == end[-1] for start, end, _ in plan.moves)
        lost |= {f"{code} {start[-1]}" for start, _ in plan.lost} | {
            f"{code} {place.wire}" for place in plan.gone
        }
        flat = [m for m in here.__members__ if isinstance(m, Inline)]
        assert plan.moves or plan.pairs or not flat
    assert {one.split()[1] for one in lost} <= {"exp_content", "hcv-ab", "hiv-ab"}
