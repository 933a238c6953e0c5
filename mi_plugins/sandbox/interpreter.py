"""Between a region's messages and the desks: what a dialect does not say is looked up, what only it says is invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from mi_core.model import FieldSpec
from mi_plugins.sandbox.bureau import Output
from mi_plugins.sandbox.catalogue_file import CatalogueFile
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.dialect import Missing, translate
from mi_plugins.sandbox.invent import Inventor, first_values
from mi_plugins.sandbox.message import Message
from mi_plugins.sandbox.rulebook import Dialect

__all__ = ["Interpreter"]


@attrs.frozen
class Interpreter:
    """For one call of an interface that the region describes in its own way."""

    dialect: Dialect
    books: Books
    inventor: Inventor
    message: Message

    def asked(self) -> Mapping[str, Any]:
        """``input`` as the desk's document has it. What is missing is taken from the head, the visit and the person."""
        known: dict[str, Any] = {}

        def fill(field: FieldSpec) -> Any:
            if not known:
                known.update(self._known())
            return known.get(field.code)

        made = translate(self.dialect.inwards, self.message.input, fill, self.inventor.tables)
        return made if isinstance(made, dict) else Missing()

    def answered(self, output: Output) -> Output:
        """The desk's ``output`` as the region's document has it; a required field that the desk lacks is invented."""
        if output is None or isinstance(output, str | bytes | CatalogueFile):
            return output
        given = {**first_values(self._known()), **first_values(self.message.input), **first_values(output)}
        key = f"{self.message.infno}|{given.get('mdtrtid', '')}"

        def invented(field: FieldSpec) -> Any:
            return self.inventor.value(field, key, given)

        made: Output = translate(self.dialect.outwards, output, invented, self.inventor.tables)
        return made

    def _known(self) -> dict[str, Any]:
        said = first_values(self.message.input)
        known = dict(self.message.head or {})
        visit = self.books.one("SELECT * FROM visit WHERE mdtrt_id = ?", said.get("mdtrtid"))
        if visit is not None:
            known |= {
                name: visit[name]
                for name in ("psn_no", "insutype", "med_type", "ipt_otp_no", "begntime")
                if visit[name]
            }
        psn_no = said.get("psnno") or known.get("psn_no")
        person = self.books.one(
            "SELECT psn_no, name AS psn_name, certno FROM person WHERE psn_no = ? OR certno = ?",
            psn_no,
            said.get("certno"),
        )
        return known | (dict(person) if person is not None else {})
