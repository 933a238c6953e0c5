"""The one pass of code tables: members get their identifiers."""

from __future__ import annotations

from mi_codegen.identifiers import member_names, module_name
from mi_codegen.ir import CodeMember, CodeModule
from mi_codegen.load import Source
from mi_core.model.spec import CodeTable

__all__ = ["code_module"]


def code_module(table: CodeTable, source: Source) -> CodeModule:
    """The module of one code table."""
    names = member_names(table.codes)
    members = tuple(CodeMember(names[code], code, label) for code, label in table.codes.items())
    return CodeModule(
        table.key, table.title, module_name(table.class_name), table.class_name, table.document_path,
        source.table_digests[table.key], members, source.codes_package(table.key),
    )  # fmt: skip
