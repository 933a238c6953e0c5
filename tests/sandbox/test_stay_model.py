"""Any order of the calls of a stay against a model of its states, with any amounts: what is refused, what adds up.

In process (no HTTP), so that hypothesis can try many orders. After each run everything is undone and the accounts and
accumulations are those of the beginning, to the cent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.message import Message
from mi_plugins.sandbox.money import yuan
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.hospital import Hospital
from tests.sandbox.test_all_interfaces import head
from tests.sandbox.wards import Stay, check_identities

ITEMS = ("SBX-A-0001", "SBX-B-0001", "SBX-B-0002", "SBX-B-0003", "SBX-C-0001", "SBX-M-0001")
RULEBOOK = Rulebook()
amounts = st.integers(1, 3_000_000).map(yuan)


class StayMachine(RuleBasedStateMachine):
    """One person, one stay after another."""

    def __init__(self) -> None:
        super().__init__()
        self.office = Office(Settings(crowd=0, clock=lambda: dt.datetime(2025, 3, 10, 8, 0, 0)), RULEBOOK)
        self.number = 1
        """Counts messages; also gives fees their serial numbers."""
        self.begin()

    def begin(self) -> None:
        """Not in hospital."""
        self.state = "out"
        self.open: dict[int, Decimal] = {}
        """Unsettled fees."""
        self.made: list[tuple[str, str, bool, dict[int, Decimal]]] = []
        """Live settlements: setl_id, msgid, mid-stay, fees."""

    @initialize(person=st.sampled_from([0, 1, 2, 3, 4, 7, 8, 9]))
    def choose(self, person: int) -> None:
        self.stay = Stay(Hospital(None, "", ""), person)  # type: ignore[arg-type]  # messages only, nothing is sent
        self.before = self.money()

    def money(self) -> tuple[list[Any], list[Any]]:
        books = self.office.books
        return (
            [tuple(row) for row in books.all("SELECT psn_no, insutype, area, balance FROM insurance")],
            [
                tuple(row)
                for row in books.all(
                    "SELECT * FROM accumulation WHERE deductible OR pool OR large OR burden OR aid"
                )
            ],
        )

    def send(self, infno: str, content: Any) -> Any:
        self.number += 1
        self.msgid = f"H43000000001{20250310080000 + self.number // 10000}{self.number % 10000:04d}"
        said = head(infno) | {
            "msgid": self.msgid, "insuplc_admdvs": self.stay.insurance.area, "inf_time": "2025-03-10 08:00:00",
        }  # fmt: skip
        return self.office.answer(Message(infno, said, content, infno, 0))

    def attempt(self, allowed: bool, infno: str, content: Any) -> Any:
        """Send; it is refused exactly when the model does not allow it, and then nothing has changed."""
        if allowed:
            return self.send(infno, content)
        before = self.money()
        with pytest.raises(BureauRefusal):
            self.send(infno, content)
        assert self.money() == before
        return None

    @property
    def final(self) -> bool:
        return any(not mid for _, _, mid, _ in self.made)

    @rule()
    def admit(self) -> None:
        reply = self.attempt(self.state in ("out", "discharged"), "2401", self.stay.admission())
        if reply is not None:
            if self.state == "discharged":
                self.send("2404", {"data": self.stay.which | {"mdtrt_id": reply["result"]["mdtrt_id"]}})
                return
            self.stay.mdtrt_id, self.admitted = reply["result"]["mdtrt_id"], self.msgid
            self.state = "in"

    @precondition(lambda self: self.state != "out")
    @rule(amount=amounts, item=st.sampled_from(ITEMS), count=st.sampled_from(["1", "2", "3", "7"]))
    def charge(self, amount: Decimal, item: str, count: str) -> None:
        serial = self.number
        row = self.stay.fee(serial, str(amount), item=item, count=count)
        if self.attempt(self.state == "in", "2301", {"feedetail": [row]}) is not None:
            self.open[serial] = amount

    @precondition(lambda self: self.state != "out" and self.open)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        serial = data.draw(st.sampled_from(sorted(self.open)))
        self.attempt(self.state == "in", "2302", {"data": [self.stay.which | {"feedetl_sn": str(serial)}]})
        if self.state == "in":
            del self.open[serial]

    @precondition(lambda self: self.state != "out")
    @rule(mid=st.booleans(), account=st.sampled_from(["0", "1"]))
    def settle(self, mid: bool, account: str) -> None:
        total = sum(self.open.values(), Decimal("0.00"))
        claim = self.stay.claim(total, mid=mid, account=account)
        quoted = self.attempt(bool(self.open) and not self.final, "2303", claim)
        right_state = self.state == ("in" if mid else "discharged")
        settled = self.attempt(bool(self.open) and not self.final and right_state, "2304", claim)
        if settled is None:
            return
        check_identities(settled)
        info = settled["setlinfo"]
        same = set(quoted["setlinfo"]) - {"medins_setl_id"}
        assert {n: info[n] for n in same} == {n: quoted["setlinfo"][n] for n in same}
        assert settled["setldetail"] == quoted["setldetail"] and info["medfee_sumamt"] == total
        self.made.append((info["setl_id"], self.msgid, mid, self.open))
        self.open = {}

    @precondition(lambda self: self.made)
    @rule(last=st.booleans(), by_message=st.booleans())
    def undo(self, last: bool, by_message: bool) -> None:
        place = len(self.made) - 1 if last else 0
        setl_id, msgid, _, fees = self.made[place]
        allowed = place == len(self.made) - 1
        if by_message:
            asked = {"data": {"psn_no": self.stay.person.psn_no, "omsgid": msgid, "oinfno": "2304"}}
            self.attempt(allowed, "2601", asked)
        else:
            back = self.attempt(allowed, "2305", {"data": self.stay.which | {"setl_id": setl_id}})
            if back is not None:
                check_identities(back)
        if allowed:
            self.made.pop()
            self.open |= fees

    @precondition(lambda self: self.state != "out")
    @rule()
    def leave(self) -> None:
        self.attempt(self.state == "in", "2402", self.stay.leaving())
        self.state = "discharged"

    @precondition(lambda self: self.state != "out")
    @rule()
    def come_back(self) -> None:
        allowed = self.state == "discharged" and not self.final
        self.attempt(allowed, "2405", {"data": self.stay.which})
        self.state = "in" if allowed else self.state

    @precondition(lambda self: self.state != "out")
    @rule(by_message=st.booleans())
    def cancel(self, by_message: bool) -> None:
        allowed = self.state == "in" and not self.open and not self.made
        asked = {"data": {"psn_no": self.stay.person.psn_no, "omsgid": self.admitted, "oinfno": "2401"}}
        self.attempt(allowed, *(("2601", asked) if by_message else ("2404", {"data": self.stay.which})))
        if allowed:
            self.begin()

    @invariant()
    def queries_agree(self) -> None:
        if self.state == "out":
            return
        period = {"begntime": "2025-03-01 00:00:00", "endtime": "2025-03-31 23:59:59"}
        inside = self.send("5303", {"data": period})["data"]
        assert [row["mdtrt_id"] for row in inside] == ([self.stay.mdtrt_id] if self.state == "in" else [])
        for setl_id, _, _, fees in self.made:
            info = self.send("5203", {"data": self.stay.which | {"setl_id": setl_id}})["setlinfo"]
            assert (info["medfee_sumamt"], info["refd_setl_flag"]) == (sum(fees.values()), "0")

    def teardown(self) -> None:
        if self.state != "out":
            steps: list[Callable[[], None]] = [lambda: self.undo(last=True, by_message=False)] * len(
                self.made
            )
            for step in steps:
                step()
            if self.state == "discharged":
                self.come_back()
            self.send("2302", {"data": [self.stay.which | {"feedetl_sn": "0000"}]})
            self.send("2404", {"data": self.stay.which})
        if hasattr(self, "before"):
            assert self.money() == self.before
        self.office.close()


TestStay = StayMachine.TestCase
TestStay.settings = hypothesis_settings(max_examples=40, stateful_step_count=30, deadline=None)
