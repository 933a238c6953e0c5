"""The insured people of the sandbox. None of them exists.

Ten documented people, the same for every seed, one for each situation a client must handle, and a crowd made from the
seed for load and tests. ``mi sandbox persons`` prints the documented ones with their card and token.

==================  ============  =====================================================================
psn_no              psn_name      situation
==================  ============  =====================================================================
9901000000000001    沙箱职工甲    employee (310), account 1,000.00
9901000000000002    沙箱退休乙    retired (310), account 2,500.00
9901000000000003    沙箱居民丙    resident (390), no account
9901000000000004    沙箱公务丁    civil servant (310 with cvlserv_flag 1), account 800.00
9901000000000005    沙箱低保戊    resident (390) on medical aid
9901000000000006    沙箱多险己    two active rows: 310 in 990101 and 390 in 990102, and a paused 310 in 990200
9901000000000007    沙箱停保庚    employee whose insurance is paused: no benefits, registration refused
9901000000000008    沙箱儿童辛    child (390); the family account (acct_used_flag 2) is 沙箱职工甲's
9901000000000009    沙箱近限壬    employee with 5,900.00 of the 6,000.00 yearly cap used up
9901000000000010    沙箱异地癸    employee insured in another province (area 980100), account 300.00
==================  ============  =====================================================================
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Final

import attrs

from mi_plugins.sandbox.idnumber import identity_number

__all__ = ["CROWD_START", "DOCUMENTED", "Insurance", "Person", "crowd", "documented_number", "made_person"]

CROWD_START: Final = 1000


@attrs.frozen
class Insurance:
    """One row of ``insuinfo``. ``balance`` is in cents; only employees have an account."""

    insutype: str
    area: str
    psn_type: str
    status: str = "1"
    """Table ``psn_insu_stas``: 1 active, 2 paused."""
    balance: int = 0
    civil_servant: bool = False
    employer: str = "沙箱示范单位"
    since: str = "2015-01-01"
    paused: str | None = None
    pool_paid: int = 0
    """Pool payments already used up this year, in cents."""

    @property
    def retired(self) -> bool:
        """Retired employees have a lower deductible and a higher ratio."""
        return self.psn_type == "12"


@attrs.frozen
class Person:
    """An insured person with everything that identifies one at a counter."""

    psn_no: str
    name: str
    born: dt.date
    male: bool
    certno: str
    card_no: str
    card_sn: str
    token: str
    """Electronic voucher token (``mdtrt_cert_no`` of type 01)."""
    phone: str
    insurances: tuple[Insurance, ...]
    identities: tuple[str, ...] = ()
    """Codes of table ``psn_idet_type``."""
    sponsor: str | None = None
    """psn_no whose account the family may use."""
    situation: str = ""
    situation_en: str = ""


def documented_number(number: int) -> str:
    """``psn_no`` of the person with that number."""
    return f"990100{number:010d}"


def made_person(
    number: int, name: str, born: dt.date, male: bool, insurances: tuple[Insurance, ...], *, identities: tuple[str, ...] = (),
    sponsor: str | None = None, situation: str = "", situation_en: str = "",
) -> Person:  # fmt: skip
    """A person whose numbers follow from ``number`` (below 1,000: written down, above: generated)."""
    return Person(
        psn_no=documented_number(number), name=name, born=born, male=male,
        certno=identity_number(born, number % 500, male=male),
        card_no=f"SBX{number:06d}", card_sn=f"SBXSN{number:012d}", token=f"SANDBOX-TOKEN-{number:014d}",
        phone=f"100{number:08d}", insurances=insurances, identities=identities, sponsor=sponsor,
        situation=situation, situation_en=situation_en,
    )  # fmt: skip


DOCUMENTED: Final[tuple[Person, ...]] = (
    made_person(1, "沙箱职工甲", dt.date(1985, 3, 12), True, (Insurance("310", "990101", "11", balance=100_000),),
            situation="在职职工，账户 1,000.00", situation_en="employee, account 1,000.00"),
    made_person(2, "沙箱退休乙", dt.date(1955, 7, 1), False, (Insurance("310", "990101", "12", balance=250_000),),
            situation="退休职工，账户 2,500.00", situation_en="retired employee, account 2,500.00"),
    made_person(3, "沙箱居民丙", dt.date(1978, 11, 30), False, (Insurance("390", "990101", "15", employer=""),),
            situation="居民，无账户", situation_en="resident, no account"),
    made_person(4, "沙箱公务丁", dt.date(1990, 1, 8), True, (Insurance("310", "990101", "11", balance=80_000, civil_servant=True),),
            situation="公务员，账户 800.00", situation_en="civil servant, account 800.00"),
    made_person(5, "沙箱低保戊", dt.date(1968, 5, 5), True, (Insurance("390", "990101", "15", employer=""),), identities=("2303",),
            situation="居民，低保救助对象", situation_en="resident on medical aid"),
    made_person(6, "沙箱多险己", dt.date(1982, 9, 21), False, (
            Insurance("310", "990101", "11", balance=60_000),
            Insurance("390", "990102", "15", employer=""),
            Insurance("310", "990200", "11", status="2", paused="2022-06-30")),
            situation="多条参保：职工、居民各一，另有暂停一条", situation_en="several insurances: 310, 390, one paused"),
    made_person(7, "沙箱停保庚", dt.date(1979, 2, 14), True,
            (Insurance("310", "990101", "11", status="2", balance=12_345, paused="2024-12-31"),),
            situation="暂停参保", situation_en="insurance paused"),
    made_person(8, "沙箱儿童辛", dt.date(2019, 6, 1), False, (Insurance("390", "990101", "1402", employer=""),),
            sponsor=documented_number(1),
            situation="儿童居民，可用甲的共济账户", situation_en="child; may use the family account of the first person"),
    made_person(9, "沙箱近限壬", dt.date(1973, 12, 25), True, (Insurance("310", "990101", "11", balance=50_000, pool_paid=590_000),),
            situation="职工，统筹年度限额 6,000.00 已用 5,900.00", situation_en="employee close to the yearly cap"),
    made_person(10, "沙箱异地癸", dt.date(1988, 8, 18), False, (Insurance("310", "980100", "11", balance=30_000),),
            situation="省外参保（异地就医）", situation_en="insured in another province"),
)  # fmt: skip


def crowd(seed: int, count: int) -> Iterator[Person]:
    """``count`` more people made from ``seed``: two of three employees, one of three residents."""
    chance = random.Random(f"mi-sandbox-{seed}")  # noqa: S311  # must be repeatable
    used: set[tuple[dt.date, int]] = set()
    for index in range(count):
        number = CROWD_START + index
        male = chance.random() < 0.5
        born = dt.date(1940, 1, 1) + dt.timedelta(days=chance.randrange(29_000))
        while (born, number % 500) in used:
            born += dt.timedelta(days=1)
        used.add((born, number % 500))
        if chance.random() < 2 / 3:
            kind = "12" if born.year < 1963 else "11"
            insurance = Insurance("310", "990101", kind, balance=chance.randrange(0, 500_000))
        else:
            insurance = Insurance("390", "990101", "15", employer="")
        yield made_person(number, f"沙箱第{number:05d}", born, male, (insurance,))
