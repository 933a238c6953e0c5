"""The importer: field tables as a province publishes them -> catalogue documents.

The transcription is literal; faults of the source are corrected by the ``errata`` overlay only. What people have decided
in an existing document (behaviour, conditions, code bindings, which node repeats …) survives a new import.
"""

from mi_codegen.importer.curation import merge
from mi_codegen.importer.document import transcribe
from mi_codegen.importer.source import SourceError, read_tables
from mi_codegen.importer.update import Report, import_catalog

__all__ = ["Report", "SourceError", "import_catalog", "merge", "read_tables", "transcribe"]
