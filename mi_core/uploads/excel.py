"""Excel workbooks (.xlsx), streamed. What people see and what stands in the file must be the same: formulas, merged cells, numbers
with lost digits and sheets that are laid out in no order are refused; hidden rows and sheets that are not read are told."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from mi_core.errors import ConfigError
from mi_core.files import BadInputFile
from mi_core.uploads.excel_structure import BadLayout, Layout, layout_of
from mi_core.uploads.tables import LARGEST_CELL, MOST_COLUMNS, Line, LineFault, checked_heading, unquoted

__all__ = ["ExcelTable"]

_EXACT_DIGITS: Final = 15
"""Excel keeps numbers as doubles and so many digits of them: the rest of a longer number is zeros, whatever was typed."""
_PADDED: Final = re.compile(r"0{2,30}")
"""A format that shows leading zeros: 00301."""
_UNPACKED: Final = 1024**3
_WHOLE: Final = 64 * 1024**2
"""Bytes of the parts that the library takes into memory as a whole, texts above all; sheets are streamed."""
_SHEETS: Final = "xl/worksheets/"
_RATIO: Final = 300
_RATIO_FROM: Final = 16 * 1024 * 1024


class ExcelTable:
    """One sheet of a workbook: ``sheet``, or the first that people see. ``notes``: what should be told beside the rows, (Chinese,
    English)."""

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        self.path, self.sheet, self.name = path, sheet, path.name
        self.notes: tuple[tuple[str, str], ...] = ()
        self._layout: Layout | None = None
        _harmless(path)
        self._openpyxl: Any = _library()

    def heading(self) -> tuple[str, ...]:
        """The first row."""
        with self._rows() as rows:
            first = next(rows, ())
        faults = [cell.coordinate for cell in first if _value(cell).__class__ is LineFault]
        if faults:
            raise BadInputFile(
                f"{self.name} 的表头 {faults[0]} 是公式或错误值", f"the heading {faults[0]} of {self.name} is a formula",
                hint_zh="表头请写文字", hint_en="write texts into the heading",
            )  # fmt: skip
        return checked_heading(["" if c.value is None else str(_value(c)) for c in first], self.name)

    def lines(self) -> Iterator[Line | LineFault]:
        """The rows below the heading."""
        heading = self.heading()
        width = len(heading)
        with self._rows() as rows:
            next(rows, None)
            for number, row in enumerate(rows, 2):
                yield from _row(number, row, heading, width)

    def sheets(self) -> tuple[str, ...]:
        """The names of its sheets, in order."""
        with self._book() as book:
            return tuple(page.title for page in book.worksheets)

    @contextmanager
    def _book(self) -> Iterator[Any]:
        try:
            book = self._openpyxl.load_workbook(self.path, read_only=True, data_only=False, keep_links=False)
        except Exception as error:  # the library raises whatever its parsers raise
            raise self._unreadable(error) from None
        try:
            yield book
        finally:
            book.close()

    @contextmanager
    def _rows(self) -> Iterator[Iterator[Any]]:
        with self._book() as book:
            page = self._page(book)
            page.reset_dimensions()  # what the file says of its size is a claim
            yield self._guarded(page.iter_rows(max_col=MOST_COLUMNS))

    def _page(self, book: Any) -> Any:
        """The sheet, once it is certain that it is read as people see it."""
        shown = [page for page in book.worksheets if page.sheet_state == "visible"]
        if self.sheet is not None and self.sheet not in (page.title for page in book.worksheets):
            names = "、".join(page.title for page in book.worksheets)
            raise BadInputFile(
                f"{self.name} 没有工作表 {self.sheet}", f"{self.name} has no sheet {self.sheet}",
                hint_zh=f"有：{names}", hint_en=f"it has: {names}",
            )  # fmt: skip
        if not shown and self.sheet is None:
            raise BadInputFile(
                f"{self.name} 没有可见的工作表", f"{self.name} has no sheet that is shown",
                hint_zh="取消隐藏，或用 --sheet 指定", hint_en="show one, or name it with --sheet",
            )  # fmt: skip
        page = book[self.sheet] if self.sheet is not None else shown[0]
        if self._layout is None:
            self._layout = self._laid_out(page)
            self.notes = _notes(
                self._layout, page.title, [one.title for one in shown], named=self.sheet is not None
            )
        return page

    def _laid_out(self, page: Any) -> Layout:
        try:
            with page._get_source() as source:  # the library has no public way to the XML of a sheet
                layout = layout_of(source)
        except BadLayout as error:
            raise BadInputFile(
                f"{self.name} 的工作表 {page.title} 结构异常：{error.zh}", f"sheet {page.title} of {self.name} is malformed: {error.en}",
                hint_zh="用 Excel 打开并另存为新的 .xlsx", hint_en="open it with Excel and save it as a new .xlsx",
            ) from None  # fmt: skip
        except Exception as error:  # whatever unpacking and parsing raise
            raise self._unreadable(error) from None
        if layout.merged:
            some = "、".join(layout.merged[:20]) + (" …" if len(layout.merged) > 20 else "")
            raise BadInputFile(
                f"{self.name} 的工作表 {page.title} 有合并单元格：{some}", f"sheet {page.title} of {self.name} has merged cells: {some}",
                hint_zh="取消合并并逐格填写；第一行只能是列名，标题行请删除",
                hint_en="unmerge them and fill in every cell; the first row has the headings and nothing else",
            )  # fmt: skip
        return layout

    def _guarded(self, rows: Iterator[Any]) -> Iterator[Any]:
        """The rows; where the file leaves some out the library fills them in, with the same row each time."""
        before: Any = None
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except Exception as error:  # a damaged sheet
                raise self._unreadable(error) from None
            yield () if row is before else row
            before = row

    def _unreadable(self, error: Exception) -> BadInputFile:
        return BadInputFile(
            f"{self.name} 不是可读的 Excel 工作簿（{type(error).__name__}）", f"{self.name} is no workbook ({type(error).__name__})",
            hint_zh="用 Excel 打开并另存为 .xlsx", hint_en="open it with Excel and save it as .xlsx",
        )  # fmt: skip


def _row(
    number: int, row: tuple[Any, ...], heading: tuple[str, ...], width: int
) -> Iterator[Line | LineFault]:
    cells = [_value(cell) for cell in row]
    if not any(cell is not None for cell in cells):
        return
    faults = False
    for place, cell in enumerate(cells):
        if isinstance(cell, LineFault):
            faults = True
            name = heading[place] if place < width else row[place].coordinate
            yield LineFault(number, name, cell.zh, cell.en)
    if faults:
        return
    if any(cell is not None for cell in cells[width:]):
        yield LineFault(
            number, "", f"表头只有 {width} 列，此行更多", f"more columns than the heading's {width}"
        )
        return
    yield Line(number, tuple(cells[:width] + [None] * (width - len(cells))))


def _value(cell: Any) -> Any:
    """What was typed, exactly; a :class:`LineFault` where the file does not say that."""
    value, kind = cell.value, getattr(cell, "data_type", "n")
    if value is None:
        return None
    if kind == "f":
        return LineFault(0, "", "是公式，请选中后“粘贴为数值”", "it is a formula: paste it as a value")
    if kind == "e":
        return LineFault(0, "", f"是错误值 {value}", f"it is the error value {value}")
    if isinstance(value, bool | dt.datetime | dt.date):
        return value
    if isinstance(value, int | float):
        return _number(value, getattr(cell, "number_format", "") or "")
    if isinstance(value, str):
        if len(value) > LARGEST_CELL:
            return LineFault(0, "", f"超过 {LARGEST_CELL} 个字符", f"more than {LARGEST_CELL} characters")
        return unquoted(value.strip()) or None
    return LineFault(
        0, "", "是无法使用的内容（如时长）", f"its content cannot be used ({type(value).__name__})"
    )


def _number(value: int | float, shown: str = "") -> Any:
    """A double as the shortest decimal that is it: what Excel shows and what was typed, up to 15 digits. An id card number or a
    code of 16 and more digits has lost its last ones when it was typed: it comes as 430101199001011000 or 4.30101199001011E+17."""
    exact = Decimal(repr(value))
    if (
        not exact.is_finite()
        or abs(exact) >= 10**_EXACT_DIGITS
        or len(exact.normalize().as_tuple().digits) > _EXACT_DIGITS
    ):
        return LineFault(
            0, "", f"数字超过 {_EXACT_DIGITS} 位，Excel 已丢失末位；请把单元格设为文本后重新填写",
            f"more than {_EXACT_DIGITS} digits: Excel has lost the last ones; make the cell text and type it again",
        )  # fmt: skip
    if exact != exact.to_integral_value():
        return exact
    return str(int(exact)).zfill(len(shown)) if _PADDED.fullmatch(shown) and value >= 0 else int(exact)


def _notes(layout: Layout, title: str, shown: list[str], *, named: bool) -> tuple[tuple[str, str], ...]:
    notes = []
    others = [name for name in shown if name != title]
    if others and not named:
        notes.append((
            f"只读取工作表“{title}”，未读取：{'、'.join(others)}；其他的用 --sheet 指定",
            f"only sheet {title} is read, not {', '.join(others)}: name another with --sheet",
        ))  # fmt: skip
    if layout.hidden_rows:
        notes.append((
            f"工作表“{title}”有 {layout.hidden_rows} 行被筛选或隐藏，同样会读取；不要的请删除",
            f"{layout.hidden_rows} rows of sheet {title} are filtered or hidden; they are read, too",
        ))  # fmt: skip
    return tuple(notes)


def _harmless(path: Path) -> None:
    """Refuse what is no workbook or unpacks to far more than a table is."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (OSError, zipfile.BadZipFile):
        raise BadInputFile(
            f"{path.name} 不是 Excel 工作簿（.xlsx）", f"{path.name} is no Excel workbook",
            hint_zh="加密的或旧版 .xls 请用 Excel 另存为 .xlsx", hint_en="save an encrypted or old .xls file as .xlsx",
        ) from None  # fmt: skip
    large = any(i.file_size > _RATIO_FROM and i.file_size > _RATIO * max(i.compress_size, 1) for i in infos)
    whole = sum(i.file_size for i in infos if not i.filename.startswith(_SHEETS))
    if large or whole > _WHOLE or sum(i.file_size for i in infos) > _UNPACKED:
        raise BadInputFile(
            f"{path.name} 解压后过大", f"{path.name} unpacks to too much",
            hint_zh="只保留数据，另存为新文件，或改用 CSV", hint_en="keep only the data, or use CSV",
        )  # fmt: skip


def _library() -> Any:
    # about styles and extensions; a date out of range becomes an error value, which is told with its row
    warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")
    try:
        return import_module("openpyxl")
    except ImportError:
        raise ConfigError(
            "读取 Excel 需要 openpyxl", "reading Excel needs openpyxl",
            hint_zh="pip install 'mi-core[excel]'，或另存为 CSV", hint_en="pip install 'mi-core[excel]', or save as CSV",
        ) from None  # fmt: skip
