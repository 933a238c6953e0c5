"""Numbers that a HIS may write but that no amount is."""

from __future__ import annotations

import pytest

from mi_core.errors import InvalidInput
from mi_core.worker.reading import _object


@pytest.mark.parametrize("number", ["1e199999999", "-1e199999999", "1e-199999999", "0." + "1" * 50])
def test_no_amount_has_so_many_digits(number: str) -> None:
    """They came through as amounts and broke whatever counted with them."""
    with pytest.raises(InvalidInput, match="数字过长"):
        _object("input_data", f'{{"data": {{"medfee_sumamt": {number}}}}}')


def test_amounts_stay_exact() -> None:
    assert (
        str(_object("input_data", '{"a": 128.50, "b": 1e2, "c": -3}'))
        == "{'a': Decimal('128.50'), 'b': Decimal('1E+2'), 'c': -3}"
    )
