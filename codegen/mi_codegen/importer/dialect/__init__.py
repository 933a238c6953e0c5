"""From two sets of tables, the base documents and a dialect's, to the overlay of a whole dialect.

What a region's model says is a fact about its fields; what it does not say stays as the base has it:

- a node or field of the table is in the region's document, with the table's requirement;
- a base field that the table lacks stays, optional and marked ``inferred``; an empty table changes nothing;
- a missing type comes from the same interface, else from the same code across the base where all agree, else it is
  text, marked ``inferred``;
- a node that has another key is moved, and everything in ``x-mi`` that names a place inside it follows.
"""

from mi_codegen.importer.dialect.run import DialectReport, import_dialect
from mi_codegen.importer.dialect.tables import DialectField, DialectNode, Tables, read_dialect

__all__ = ["DialectField", "DialectNode", "DialectReport", "Tables", "import_dialect", "read_dialect"]
