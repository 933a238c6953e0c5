"""What ``mi sandbox trigger`` can make happen, in one line each (:mod:`mi_plugins.sandbox.faults` has the details)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["EVENTS", "FAULT_WORDS"]

FAULT_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "drop-before": ("断开连接，未办理", "the connection is cut; nothing is executed"),
    "drop-after": ("已办理，然后断开连接（结果丢失）", "executed, then the connection is cut"),
    "hang": ("已办理，迟迟不答（--seconds）", "executed, then no answer for --seconds"),
    "late": ("--seconds 之后才办理，即使对方已离开", "executed only after --seconds, also when the caller is gone"),
    "http-502": ("网关 502，HTML 页面，未办理", "HTTP 502 with an HTML page"),
    "html-200": ("状态 200，但内容是 HTML；已办理", "HTTP 200 with an HTML page; executed"),
    "truncated": ("已办理，答复只有前半", "executed; the second half of the reply is missing"),
    "infcode-string": ('"infcode": "0"（字符串）', '"infcode": "0"'),
    "amounts-string": ("金额为字符串", "numbers of output as strings"),
    "empty-strings": ('无值的字段为 ""', 'fields without a value come as ""'),
    "single-object": ("单行列表成为对象", "a list of one row comes as that row"),
    "wrong-person": ("答复里是另一个人", "another person's name and numbers"),
    "wrong-msgid": ("medins_setl_id 为别的报文号", "medins_setl_id of another message"),
    "missing-setl-id": ("已办理，答复缺少 setl_id、mdtrt_id", "executed, but the ids that prove it are missing"),
    "unlisted-refusal": ("infcode -1，文字陌生（--message）", "infcode -1 with a text nobody knows (--message)"),
    "duplicate-keys": ("infcode 出现两次且不同", "infcode twice with different values"),
    "wrong-sums": ("已办理，基金合计多一分", "executed; the fund total is one cent too high"),
    "gbk": ("已办理，答复为 GB18030 编码", "executed; the reply is GB18030, not UTF-8"),
    "redirect": ("HTTP 307 指回自己，未办理", "HTTP 307 to itself; nothing is executed"),
    "bad-zip": ("9102 的文件中间有坏字节", "the file of 9102 has wrong bytes in its middle"),
    "blank-ids": ("3202 结果文件中机构缺少的行没有 setl_id", "rows of 3202's result file without setl_id and mdtrt_id"),
    "replica-lag": ("查询看不到最近 --seconds 内的变化", "queries see nothing of the last --seconds"),
}  # fmt: skip

EVENTS: Final[Mapping[str, tuple[str, str]]] = {
    "notify INFNO SUBJECT": (
        "推送通知：7108、7109 处方编号；6302、6204 订单号", "push 7108 or 7109 of a prescription, 6302 or 6204 of an order",
    ),
    "decide NUMBER": (
        "审核退出申请、申诉、合议、查床申诉（--refuse 不同意，--message 意见）",
        "decide an application, appeal or discussion (--refuse, --message OPINION)",
    ),
    "review HI_RXNO": ("沙箱药店审方（--refuse、--message），推送 7108", "the sandbox's pharmacist reviews a prescription; 7108"),
    "dispense HI_RXNO": ("沙箱药店售药、患者自费付清，推送 7109", "the sandbox's pharmacy hands it out, the patient pays; 7109"),
    "pay-order NUMBER": ("参保人在手机上支付异地购药订单（2166）", "the person pays an order of a remote purchase (2166)"),
    "off": ("解除全部故障", "no more faults"),
}  # fmt: skip
