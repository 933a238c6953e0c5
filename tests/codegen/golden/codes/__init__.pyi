from typing import Final

from mi_core.codes.card_type import CardType as CardType
from mi_core.model.code import Code

ALL_KEYS: Final[tuple[str, ...]]

def by_key(key: str) -> type[Code]: ...
