"""One message from head to reply: head, input, desk, ledger. No HTTP here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
import msgspec

from mi_core.cli.text import t
from mi_plugins.sandbox.bureau import DESKS, Call, Desk, Output
from mi_plugins.sandbox.bureau.queries import with_setl_id
from mi_plugins.sandbox.catalogue_data import Shelves
from mi_plugins.sandbox.catalogue_files import hand_out
from mi_plugins.sandbox.clock import SandboxClock
from mi_plugins.sandbox.clock_kept import find_clock
from mi_plugins.sandbox.completing import complete
from mi_plugins.sandbox.database import Books, open_books
from mi_plugins.sandbox.explain import tell_lines
from mi_plugins.sandbox.head import check_head
from mi_plugins.sandbox.institutions import Institution
from mi_plugins.sandbox.interpreter import Interpreter
from mi_plugins.sandbox.invent import Inventor, first_values
from mi_plugins.sandbox.message import Message
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.rulebook import Rulebook, Rules
from mi_plugins.sandbox.settings import Settings

__all__ = ["Office"]

_EMPTY_SIGN_NUMBERS: Final = (None, "", "null")
_SIGN_IN_FREE: Final = ("9001",)
_RECORDED: Final = ("state", "money", "reversal")
"""Effects that are entered in the ledger of executions."""
_encoder = msgspec.json.Encoder(decimal_format="number")


class Office:
    """The bureau with its books and rules."""

    def __init__(self, settings: Settings, rulebook: Rulebook | None = None) -> None:
        self.clock = SandboxClock(settings.clock, settings.start_shift)
        self.settings = settings = attrs.evolve(settings, clock=self.clock)
        self.rulebook = rulebook or Rulebook(region=settings.region)
        self.books: Books = open_books(settings)
        find_clock(self.books, self.clock)
        self.inventor = Inventor(self.rulebook.catalog.code_tables, settings.seed)
        self.shelves = Shelves(self.rulebook.catalog.interfaces, settings.seed, settings.catalogue_rows)
        self.bell: Callable[[], object] = _nothing
        """Rung when the books changed: there may be a notification to deliver (:mod:`~mi_plugins.sandbox.postman`)."""

    def close(self) -> None:
        """Release the books."""
        self.books.close()

    def answer(self, message: Message, lag: float = 0.0) -> Output | str:
        """The ``output`` of the reply (``bytes``: a file); raises :class:`BureauRefusal` when nothing was done.

        ``lag``: how many seconds the copy of the books that queries read is behind.
        """
        now = self.settings.clock()
        rules = self.rulebook.rules(message.infno)
        if message.head is None:
            return self._answer_bare(message, rules, now, lag)
        institution = check_head(message.head, now, self.books.institutions)
        if message.api_name is not None and message.api_name != message.infno:
            raise BureauRefusal("报文头交易编号[infno]与网关请求头接口名不一致")
        self._check_sign_in(message, institution, now)
        self._check_input(message, rules)
        desk = DESKS.get(message.infno)
        region = None
        if desk is not None and rules.base is not None:
            region = Interpreter(rules.base, self.books, self.inventor, message)
        call = Call(
            spec=rules.spec, msgid=message.head["msgid"], institution=institution,
            area=message.head.get("insuplc_admdvs") or "", opter=message.head["opter"], opter_name=message.head["opter_name"],
            input=message.input if region is None else region.asked(), now=now, file=message.file, lag=lag,
            allow_repeats=self.settings.allow_repeats, blank_setl_id=self.settings.blank_setl_id,
            refuse_short_stock=self.settings.stock == "refuse",
            payment_seconds=self.settings.payment_seconds, shelves=self.shelves, tables=self.rulebook.catalog.code_tables,
        )  # fmt: skip
        if desk is None:
            return self._invent(call)
        output = self._at(desk, call)
        return output if region is None else region.answered(output)

    def _at(self, desk: Desk, call: Call) -> Output:
        if not desk.writes:
            return self._whole(desk, call, desk.answer(self.books, call))
        with self.books.transaction():
            output = self._whole(desk, call, desk.answer(self.books, call))
            self._enter_execution(call, output)
        self.bell()
        if call.remarks:
            tell_lines([
                t(f"[{call.infno}] 已受理，但请留意", f"[{call.infno}] taken, but note (in the bureau's words)"),
                *(f"  {remark}" for remark in call.remarks),
            ])  # fmt: skip
        return output

    def _whole(self, desk: Desk, call: Call, output: Output) -> Output:
        """What the desk tells, shaped by the document that it knows."""
        if not desk.partial:
            return output
        base = self.rulebook.rules(call.infno).base
        whole: Output = complete(call.spec if base is None else base.spec, self.inventor, output)
        return whole

    def _answer_bare(self, message: Message, rules: Rules, now: dt.datetime, lag: float) -> Output | str:
        """Messages without the national head (4261–4263, orders); the interface name comes from the gateway header."""
        if rules.spec.behaviour.envelope == "national" and not message.enveloped:
            raise BureauRefusal("报文缺少报文头或交易输入[input]")
        self._check_input(message, rules)
        said = first_values(message.input)
        code = str(said.get("orgcodg") or said.get("fixmedinscode") or "")
        known = self.books.institutions
        institution = known.get(code) or next(iter(known.values()))
        desk, region = DESKS.get(message.infno), None
        if desk is not None and rules.base is not None:
            region = Interpreter(rules.base, self.books, self.inventor, message)
        call = Call(
            rules.spec, "", institution, "", "", "", message.input if region is None else region.asked(), now, lag=lag,
            allow_repeats=self.settings.allow_repeats, payment_seconds=self.settings.payment_seconds,
        )  # fmt: skip
        if desk is None:
            return self._invent(call)
        output = self._at(desk, call)
        return output if region is None else region.answered(output)

    def _invent(self, call: Call) -> Output | str:
        output = self.inventor.reply(call.spec, call.input, call.msgid)
        if call.spec.behaviour.effect in _RECORDED:
            with self.books.transaction():
                self._enter_execution(call, output)
        if call.spec.entries is not None and isinstance(output, dict) and "file_qury_no" in output:
            with self.books.transaction():
                return hand_out(self.books, call, output)
        return output

    def _check_input(self, message: Message, rules: Rules) -> None:
        limit = rules.spec.behaviour.input_limit
        if message.size > limit and len(_encoder.encode(message.input).decode()) > limit:
            raise BureauRefusal(f"交易输入超过{limit}个字符")
        content = message.content
        if self.settings.blank_setl_id and message.infno == "5203":
            content = with_setl_id(content)
        rules.refuse_bad_input(content)
        if self.settings.page_limit is not None:
            _check_page(content, self.settings.page_limit)

    def _check_sign_in(self, message: Message, institution: Institution, now: dt.datetime) -> None:
        assert message.head is not None
        number = message.head.get("sign_no")
        if message.infno in _SIGN_IN_FREE:
            return
        if number in _EMPTY_SIGN_NUMBERS:
            if self.settings.require_sign_in:
                raise BureauRefusal("当日尚未签到，请先办理签到")
            return
        row = self.books.one("SELECT institution, day, signed_out FROM sign_in WHERE sign_no = ?", number)
        if (
            row is None
            or row["institution"] != institution.code
            or row["day"] != f"{now:%Y-%m-%d}"
            or row["signed_out"]
        ):
            raise BureauRefusal("签到流水号[sign_no]无效或已过期，请重新签到")

    def _enter_execution(self, call: Call, output: Output | str) -> None:
        """The ledger of what was done, for tests and for 2601. A repeated ``msgid`` is entered again: nothing is deduplicated."""
        if call.spec.behaviour.effect not in _RECORDED:
            return
        asked, got = first_values(call.input), first_values(output)

        def find(*names: str) -> Any:
            return next((source[n] for source in (got, asked) for n in names if n in source), None)

        self.books.run(
            "INSERT INTO execution (msgid, infno, institution, psn_no, mdtrt_id, setl_id, at) VALUES (?,?,?,?,?,?,?)",
            call.msgid, call.infno, call.institution.code, asked.get("psnno") or find("psnno"), find("mdtrtid"), find("setlid"), call.time,
        )  # fmt: skip

    def ledger(self, wanted: Mapping[str, str]) -> dict[str, Any]:
        """Settlements and executions, optionally only those whose columns equal ``wanted`` (amounts in cents)."""
        result: dict[str, Any] = {}
        for table, columns in _LEDGER.items():
            known = {name: value for name, value in wanted.items() if name in columns}
            if len(known) < len(wanted):
                result[f"{table}s"] = []
                continue
            where = " AND ".join(f"{name} = ?" for name in known) or "1"
            order = "number" if table == "execution" else "setl_id"
            sql = f"SELECT {', '.join(columns)} FROM {table} WHERE {where} ORDER BY {order}"  # noqa: S608  # names of _LEDGER only
            rows = self.books.all(sql, *known.values())
            result[f"{table}s"] = [dict(row) for row in rows]
        return result


def _nothing() -> None:
    """Nobody delivers notifications."""


def _check_page(content: Mapping[str, Any], limit: int) -> None:
    sizes = (value for name, value in first_values(content).items() if name == "pagesize")
    if any(int(size) > limit for size in sizes if str(size).isdigit()):
        raise BureauRefusal(f"每页最多{limit}行")


_LEDGER: Final[Mapping[str, tuple[str, ...]]] = {
    "settlement": (
        "setl_id", "kind", "state", "refund_of", "msgid", "infno", "institution", "psn_no", "insutype", "clr_type", "mid", "mdtrt_id",
        "chrg_bchno", "setl_time", "total", "fund", "person", "hospital", "account", "family", "cash",
    ),
    "execution": ("number", "msgid", "infno", "institution", "psn_no", "mdtrt_id", "setl_id", "state", "at"),
}  # fmt: skip
