from typing import Any, Final

from mi_core.interfaces.i8001_example_settlement import (
    ExampleSettlementRequest as ExampleSettlementRequest,
    ExampleSettlementResponse as ExampleSettlementResponse,
)
from mi_core.interfaces.i8002_example_query import (
    ExampleQueryRequest as ExampleQueryRequest,
    ExampleQueryResponse as ExampleQueryResponse,
)
from mi_core.model import Interface

ALL_CODES: Final[tuple[str, ...]]

def by_code(code: str) -> Interface[Any]: ...
