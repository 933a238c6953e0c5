"""Loading the interface catalogue: documents, code tables, the envelope, overlays, names and the lock.

>>> from mi_core.catalog import load_catalog, load_interface
>>> load_interface("2207").title
'门诊结算'
"""

from mi_core.catalog.catalog import DEFAULT_OVERLAYS, Catalog, load_catalog, load_interface
from mi_core.catalog.names import Names
from mi_core.catalog.paths import data_root, schema_root
from mi_core.catalog.problems import CatalogError, CatalogProblem
from mi_core.catalog.projection import Projection, read_projection

__all__ = [
    "DEFAULT_OVERLAYS",
    "Catalog",
    "CatalogError",
    "CatalogProblem",
    "Names",
    "Projection",
    "data_root",
    "load_catalog",
    "load_interface",
    "read_projection",
    "schema_root",
]
