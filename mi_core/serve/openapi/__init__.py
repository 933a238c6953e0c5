"""OpenAPI 3.1 from the catalogue: one document per interface and flow and a small index, in the dialect of each institution."""

from mi_core.serve.openapi.document import interface_document
from mi_core.serve.openapi.flow import flow_document
from mi_core.serve.openapi.index import index_document

__all__ = ["flow_document", "index_document", "interface_document"]
