"""1101: who it is, and which insurance pays."""

from __future__ import annotations

from typing import Any

from mi_core.flows.flow import Flow
from mi_core.flows.messages import message, node, rows_of
from mi_core.flows.patient import Choice, Patient, choose
from mi_core.flows.record import plain_values

__all__ = ["identified"]


async def identified(
    flow: Flow, patient: Patient, choice: Choice | str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The person's fields and those of the chosen insurance, as a record keeps them. Raises ``NoInsurance``."""
    told = await flow.ask(message(flow.institution, "1101", patient.fields()))
    answers = rows_of(told, "rows") or [told]  # Guangzhou answers with a list of such rows
    base = node(answers[0], "baseinfo")
    row = choose([one for answer in answers for one in rows_of(answer, "insuinfo")], choice)
    person = {
        **patient.fields(), "psn_no": base.get("psn_no") or "", "psn_name": base.get("psn_name") or patient.psn_name,
    }  # fmt: skip
    insured = {
        "psn_no": person["psn_no"], "balc": row.get("balc"),
        **{name: row.get(name) or "" for name in ("insutype", "psn_type", "insuplc_admdvs", "psn_insu_stas")},
    }  # fmt: skip
    return plain_values(person), plain_values(insured)
