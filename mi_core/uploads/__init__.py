"""Batch uploads: a table (CSV, Excel, dicts) to any interface that takes uploads, with a result for every row.

>>> report = await upload(client, "3501", open_table("rows.csv"), "rows.result.csv")

Without asyncio, with a :class:`mi_core.Client`:

>>> report = mi.run(lambda client: upload(client, "3501", open_table("rows.csv"), "rows.result.csv"))

Every row is checked by the catalogue before the first one leaves. What the interface takes as a list goes many rows to a
message, everything else a message a row. What came of each row stands in the result file, which grows as it goes: after a crash or a
refusal :attr:`Options.again` sends only what is not accepted yet. :func:`settlement_list_from` makes a 4101 of a stay.
"""

from mi_core.uploads.checking import LineProblem, Row
from mi_core.uploads.results import STATES, Result, ResultFileError, read_results
from mi_core.uploads.running import Options, UploadReport, check, upload, uploadable
from mi_core.uploads.sending import Stopped
from mi_core.uploads.settled_stays import StayMessages, asked_stay, settled_stay
from mi_core.uploads.settlement_form import read_form, write_form
from mi_core.uploads.settlement_list import SettlementListDraft, settlement_list_from
from mi_core.uploads.shape import shape_of, template
from mi_core.uploads.tables import Dicts, Table, open_table

__all__ = [
    "STATES", "Dicts", "LineProblem", "Options", "Result", "ResultFileError", "Row", "SettlementListDraft", "StayMessages",
    "Stopped", "Table", "UploadReport", "asked_stay", "check", "open_table", "read_form", "read_results", "settled_stay",
    "settlement_list_from", "shape_of", "template", "upload", "uploadable", "write_form",
]  # fmt: skip
