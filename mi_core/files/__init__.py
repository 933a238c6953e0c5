"""Files to and from the bureau: 9101 and 9102, ZIPs and tables read with distrust."""

from mi_core.files.archive import USUAL, Archive, Entry, Limits, open_archive, shown_name
from mi_core.files.errors import BadFile, BadInputFile
from mi_core.files.table import Cells, make_table, read_table, rows_of
from mi_core.files.transfer import CATALOGUE, Call, Downloaded, download, upload

__all__ = [
    "CATALOGUE", "USUAL", "Archive", "BadFile", "BadInputFile", "Call", "Cells", "Downloaded", "Entry", "Limits", "download",
    "make_table", "open_archive", "read_table", "rows_of", "shown_name", "upload",
]  # fmt: skip
