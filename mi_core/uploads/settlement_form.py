"""A settlement list as a file that people complete: a workbook (one sheet for its head, one for each list) or JSON.

In the workbook every field of the head is a line with its label, whether it is required, what the stay's messages told, and
the codes it takes; the cells are text, so that no digit is lost. The JSON is ``input`` as it is sent, empty fields ``null``.
The file has personal data: it is its owner's alone.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from mi_core.errors import ConfigError
from mi_core.files import BadInputFile
from mi_core.model import Interface
from mi_core.model.fields import Coded, Field, Inline, Node
from mi_core.scalars import plain
from mi_core.uploads.cells import damaged, value_of
from mi_core.uploads.excel import ExcelTable
from mi_core.uploads.settlement_list import SettlementListDraft, head_of, rows_of
from mi_core.uploads.shape import Shape, resolve
from mi_core.uploads.tables import LineFault, Table

__all__ = ["fields_of_rows", "read_form", "write_form"]

HEAD: Final = "清单"
COLUMNS: Final = ("名称", "字段", "必填", "值", "取自", "可填")
_FIELD, _VALUE = COLUMNS[1], COLUMNS[3]
SOURCES: Final[Mapping[str, str]] = {
    "settlement": "结算回参", "discharge": "出院办理", "change": "入院变更", "admission": "入院办理",
}  # fmt: skip
_SHEET: Final = re.compile(r"(?:.*[(（])?([A-Za-z_0-9]+)[)）]?")
_MANY: Final = 20
"""Code tables up to this size are written beside their field."""


def write_form(draft: SettlementListDraft, path: str | Path) -> None:
    """Write the file (``.xlsx`` or ``.json``), which must not exist yet. Raises :class:`BadInputFile`, ``ConfigError``."""
    path = Path(path)
    kind = _kind(path)
    try:
        path.touch(0o600, exist_ok=False)
    except OSError as error:
        why = "已存在" if isinstance(error, FileExistsError) else error.strerror
        raise BadInputFile(
            f"无法写入 {path}：{why}", f"cannot write {path}: {error.strerror}",
            hint_zh="换一个文件名", hint_en="choose another name",
        ) from None  # fmt: skip
    try:
        if kind == ".json":
            text = json.dumps(_tree(draft), ensure_ascii=False, indent=2, default=_text)
            path.write_text(text + "\n", encoding="utf-8")
        else:
            _write_workbook(draft, path)
    except BaseException:
        path.unlink()
        raise


def read_form(path: str | Path, interface: Interface[Any]) -> SettlementListDraft:
    """The list as it was completed; ``missing`` says what is still wrong. Raises :class:`BadInputFile` with everything that
    cannot be read."""
    path = Path(path)
    kind = _kind(path)
    if not path.is_file():
        raise BadInputFile(
            f"没有文件 {path}", f"there is no file {path}", hint_zh="检查路径", hint_en="check the path"
        )
    data = _from_json(path, interface) if kind == ".json" else _from_workbook(path, interface)
    return SettlementListDraft(data=data, interface=interface)


def _kind(path: Path) -> str:
    if (ending := path.suffix.lower()) in (".xlsx", ".json"):
        return ending
    raise BadInputFile(
        f"结算清单文件应为 .xlsx 或 .json：{path.name}", f"a settlement list is an .xlsx or a .json file: {path.name}",
        hint_zh="改用这两种扩展名", hint_en="choose one of them",
    )  # fmt: skip


def _tree(draft: SettlementListDraft) -> dict[str, Any]:
    """``input`` with every field of the head, and of each row that is there."""
    head, lists = head_of(draft.interface), rows_of(draft.interface)
    own = draft.data.get(head.wire, {})
    tree: dict[str, Any] = {head.wire: {f.wire: own.get(f.wire) for f in head.members}}
    for wire, node in lists.items():
        tree[wire] = [
            {f.wire: row.get(f.wire) for f in fields_of_rows(node)} for row in draft.data.get(wire, ())
        ]
    return tree


def fields_of_rows(node: Node) -> list[Field]:
    """The fields of a list's rows."""
    return [m for m in node.row.__members__ if isinstance(m, Field)]


def _write_workbook(draft: SettlementListDraft, path: Path) -> None:
    try:
        xlsxwriter: Any = import_module("xlsxwriter")
    except ImportError:
        raise ConfigError(
            "写 Excel 需要 xlsxwriter", "writing Excel needs xlsxwriter",
            hint_zh="pip install 'mi-core[excel]'，或用 .json", hint_en="pip install 'mi-core[excel]', or use .json",
        ) from None  # fmt: skip
    head = head_of(draft.interface)
    own = draft.data.get(head.wire, {})
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        text = book.add_format({"num_format": "@"})
        bold, open_ = (
            book.add_format({"bold": True}),
            book.add_format({"num_format": "@", "bg_color": "#FFF2CC"}),
        )
        sheet = book.add_worksheet(HEAD)
        sheet.freeze_panes(1, 0)
        for place, width in enumerate((28, 24, 6, 36, 12, 60)):
            sheet.set_column(place, place, width, text)
        for place, name in enumerate(COLUMNS):
            sheet.write_string(0, place, name, bold)
        for number, field in enumerate(head.members, 1):
            given = _text(own.get(field.wire))
            source = SOURCES.get(draft.sources.get(field.wire, ""), "")
            cells = (field.label, field.wire, "是" if field.required else "", given, source, _codes(field))
            for place, cell in enumerate(cells):
                sheet.write_string(
                    number, place, cell, open_ if place == 3 and field.required and not given else text
                )
        for wire, node in rows_of(draft.interface).items():
            _write_list(book, text, bold, node, draft.data.get(wire, ()))


def _write_list(book: Any, text: Any, bold: Any, node: Node, rows: Iterable[Mapping[str, Any]]) -> None:
    sheet = book.add_worksheet(node.wire)
    sheet.freeze_panes(1, 0)
    fields = fields_of_rows(node)
    sheet.set_column(0, len(fields), 22, text)
    for place, field in enumerate(fields):
        sheet.write_string(0, place, f"{field.label}({field.wire}){'*' if field.required else ''}", bold)
        if notes := _codes(field):
            sheet.write_comment(0, place, notes)
    for number, row in enumerate(rows, 1):
        for place, field in enumerate(fields):
            sheet.write_string(number, place, _text(row.get(field.wire)), text)


def _codes(field: Field) -> str:
    if not isinstance(field, Coded):
        return ""
    if len(field.labels) > _MANY:
        return f"代码或名称；全部见 mi codes {field.table}" if field.table else "代码或名称"
    return "；".join(f"{code} {label}" for code, label in field.labels.items())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat(sep=" ") if isinstance(value, dt.datetime) else str(value)


def _from_json(path: Path, interface: Interface[Any]) -> dict[str, Any]:
    try:
        tree = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, [f"不是可读的 JSON：{error}"], [f"it is no JSON: {error}"]) from None
    head = head_of(interface)
    if not isinstance(tree, dict) or not isinstance(tree.get(head.wire), dict):
        raise _unreadable(path, [f"没有节点 {head.wire}"], [f"it has no node {head.wire}"])
    return {name: kept for name, value in tree.items() if (kept := _filled(value))}


def _filled(value: Any) -> Any:
    """Without what is empty."""
    if isinstance(value, dict):
        return {k: kept for k, v in value.items() if (kept := _filled(v)) not in (None, "", {}, [])}
    if isinstance(value, list):
        return [kept for v in value if (kept := _filled(v)) not in (None, "", {}, [])]
    return value.strip() if isinstance(value, str) else value


def _from_workbook(path: Path, interface: Interface[Any]) -> dict[str, Any]:
    lists, head = rows_of(interface), head_of(interface)
    wrong: list[tuple[str, str]] = []
    data: dict[str, Any] = {}
    for name in ExcelTable(path).sheets():
        table = ExcelTable(path, name)
        match = _SHEET.fullmatch(name)
        if name == HEAD:
            data[head.wire] = _head(table, head, wrong)
        elif match is not None and match[1] in lists:
            data[match[1]] = _rows(table, interface, lists[match[1]], wrong)
    if head.wire not in data:
        wrong.append((f"没有工作表“{HEAD}”", f"there is no sheet {HEAD}"))
    if wrong:
        raise _unreadable(path, [zh for zh, _ in wrong], [en for _, en in wrong])
    return {name: content for name, content in data.items() if content or name == head.wire}


def _head(table: Table, head: Inline, wrong: list[tuple[str, str]]) -> dict[str, Any]:
    heading = table.heading()
    if missing := [name for name in (_FIELD, _VALUE) if name not in heading]:
        wrong.append(
            (
                f"工作表“{HEAD}”缺少列：{'、'.join(missing)}",
                f"sheet {HEAD} has no column {', '.join(missing)}",
            )
        )
        return {}
    known = {field.wire: field for field in head.members}
    found: dict[str, Any] = {}
    for line in table.lines():
        if isinstance(line, LineFault):
            wrong.append(_line_wrong(HEAD, line))
            continue
        wire, cell = (line.cells[heading.index(name)] for name in (_FIELD, _VALUE))
        if cell is None:
            continue
        field = known.get(str(wire or "").strip())
        if field is None:
            wrong.append(
                (
                    f"{HEAD} 第 {line.number} 行：没有字段 {wire}",
                    f"{HEAD} line {line.number}: there is no field {wire}",
                )
            )
        elif field.wire in found:
            wrong.append(
                (
                    f"{HEAD} 第 {line.number} 行：字段 {wire} 重复",
                    f"{HEAD} line {line.number}: {wire} is repeated",
                )
            )
        elif (fault := damaged(field, cell)) is not None:
            wrong.append(
                (
                    f"{HEAD} 第 {line.number} 行：{fault.message()}",
                    f"{HEAD} line {line.number}: {fault.message('en')}",
                )
            )
        else:
            found[field.wire] = value_of(field, cell)
    return found


def _rows(
    table: Table, interface: Interface[Any], node: Node, wrong: list[tuple[str, str]]
) -> list[dict[str, Any]]:
    columns, faults = resolve(Shape(interface, (node.wire,), node.row.__members__), table.heading())
    wrong += [
        (f"{node.wire} 列“{f.heading}”{f.zh}", f"{node.wire} column {f.heading!r}: {f.en}") for f in faults
    ]
    rows = []
    for line in table.lines():
        if isinstance(line, LineFault):
            wrong.append(_line_wrong(node.wire, line))
            continue
        pairs = zip(columns, line.cells, strict=True)
        rows.append(
            {
                c.field.wire: value_of(c.field, cell)
                for c, cell in pairs
                if c.field is not None and cell is not None
            }
        )
    return [row for row in rows if row]


def _line_wrong(sheet: str, line: LineFault) -> tuple[str, str]:
    return (
        f"{sheet} 第 {line.number} 行 {line.column}{line.zh}",
        f"{sheet} line {line.number} {line.column}: {line.en}",
    )


def _unreadable(path: Path, zh: list[str], en: list[str]) -> BadInputFile:
    return BadInputFile(
        f"{path.name} 有 {len(zh)} 处无法读取" + "".join(f"\n  - {one}" for one in zh),
        f"{path.name} cannot be read in {len(en)} places" + "".join(f"\n  - {one}" for one in en),
        hint_zh="修改后再试；空白文件用 mi settlement-list draft 生成", hint_en="mend it; mi settlement-list draft writes a new one",
    )  # fmt: skip
