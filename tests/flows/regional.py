"""What the documents of whole regions demand beside the base's, and a bureau that speaks them; used by the tests of this folder."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from mi_core import AsyncClient
from mi_core.flows import Patient
from mi_core.plugin import Secret
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.kit import ADMISSION, DISCHARGE, bed_fee, patient, ward_diagnosis
from tests.recovery.kit import HOSPITAL, Ward, ward

__all__ = ["REGIONS", "Region", "abroad"]

_BIRTH = {"matn_type": "1", "birctrl_type": "1", "latechb_flag": "0", "pret_flag": "0"}


@attrs.frozen(kw_only=True)
class Region:
    """Fields by wire name."""

    card: bool = False
    """1101 wants a card's number with every certificate."""
    admission: Mapping[str, Any] = {}
    diagnosis: Mapping[str, Any] = {}
    fee: Mapping[str, Any] = {"hosp_appr_flag": "1"}
    quote: Mapping[str, Any] = {}
    discharge: Mapping[str, Any] = {}
    transfer: Mapping[str, Any] = {}
    designated: Mapping[str, Any] = {}

    def patient(self, number: int = 0) -> Patient:
        return attrs.evolve(patient(number), card_sn="1") if self.card else patient(number)

    def diagnoses(self) -> list[dict[str, Any]]:
        return [ward_diagnosis(**self.diagnosis)]

    def admitted(self) -> dict[str, Any]:
        return ADMISSION | dict(self.admission)

    def left(self, endtime: dt.datetime) -> dict[str, Any]:
        return DISCHARGE | dict(self.discharge) | {"endtime": endtime}

    def bed(self, serial: int, amount: str, **more: Any) -> dict[str, Any]:
        return bed_fee(serial, amount, **{**self.fee, **more})


REGIONS = {
    "guangzhou": Region(
        card=True, admission={"repeat_ipt_flag": "0", "ttp_resp": "0", "merg_setl_flag": "0"}, quote={"mdtrt_mode": "0"},
        discharge={"dscg_dept_code": "A03"},
    ),
    "foshan": Region(card=True, discharge={"dscg_dept_code": "A03"}),
    "chongqing": Region(
        admission=_BIRTH, diagnosis={"vali_flag": "1"}, discharge=_BIRTH | {"cop_flag": "0"},
        fee={"hosp_appr_flag": "1", "tcmdrug_used_way": "1", "etip_flag": "0", "dscg_tkdrug_flag": "0", "matn_fee_flag": "0"},
        transfer={"hosp_agre_refl_flag": "1"}, designated={"agnter_cert_type": "01", "agnter_rlts": "1"},
    ),
}  # fmt: skip
"""Evidence of each: the region's overlay."""


@contextlib.asynccontextmanager
async def abroad(region: str, folder: Path, institution: str = HOSPITAL) -> AsyncIterator[Ward]:
    """A bureau and an institution of that region."""
    async with ward(Rulebook(region=region), folder, institution, region=region) as here:
        one = here.config.institutions[institution]
        known = attrs.evolve(one, sign_in_userid="u1", sign_in_password=Secret("test-pw"))
        here.config = attrs.evolve(here.config, institutions={institution: known})
        await here.mi.close()
        here.mi = await AsyncClient(here.config).open()
        yield here
