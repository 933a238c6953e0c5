"""The public names: frozen in ``names.json``, all importable lazily, members of code tables by their labels."""

from __future__ import annotations

import keyword
import subprocess
import sys

import pytest

from mi_core import codes, interfaces
from mi_core.codes import ALL_KEYS, by_key
from mi_core.model.code import Code
from tests.generated.synthesis import catalog


def test_every_interface_has_the_names_that_are_frozen() -> None:
    names = catalog().names
    assert list(interfaces.ALL_CODES) == list(names.slugs)
    for code in interfaces.ALL_CODES:
        found = interfaces.by_code(code)
        assert found.request.__name__ == f"{names.classes[code]}Request"
        assert getattr(interfaces, found.request.__name__) is found.request
        assert getattr(interfaces, found.response.__name__) is found.response
        assert found.request.__interface__ is found
        assert found.digest == catalog().digest(code)


def test_row_classes_have_the_frozen_names() -> None:
    for code, nodes in catalog().names.nodes.items():
        module = sys.modules[interfaces.by_code(code).request.__module__]
        flat = interfaces.by_code(code).behaviour.flat
        for path, name in nodes.items():
            if path != f"input.{flat}" and path.startswith(("input", "output")):
                assert name in module.__all__, (code, path)


@pytest.mark.parametrize("key", ALL_KEYS)
def test_a_code_table_is_as_its_document_says(key: str) -> None:
    table, cls = catalog().code_tables[key], by_key(key)
    assert dict(cls.labels()) == dict(table.codes)
    assert getattr(codes, table.class_name) is cls
    assert [str(m) for m in cls.members()] == list(table.codes)
    named = {n: m for n, m in vars(cls).items() if isinstance(m, Code)}
    assert len(named) == len(table.codes)
    assert all(n.isidentifier() and not keyword.iskeyword(n) for n in named)


def test_members_are_texts_with_labels_and_the_table_stays_open() -> None:
    from mi_core.codes import MedType

    assert MedType.普通门诊 == "11"
    assert isinstance(MedType.普通门诊, str)
    assert MedType("11").label == "普通门诊"
    assert MedType.by_label("普通门诊") is not None
    assert not MedType("no").known
    assert MedType("no").label == "no"
    with pytest.raises(KeyError):
        MedType.by_label("没有")


def test_labels_that_repeat_carry_their_code_on_all_of_them() -> None:
    repeated = 0
    for key in ALL_KEYS:
        labels = list(catalog().code_tables[key].codes.values())
        named = {n: m for n, m in vars(by_key(key)).items() if isinstance(m, Code)}
        for name, member in named.items():
            if labels.count(member.label) > 1:
                repeated += 1
                assert str(member) in name or not str(member).isalnum()
    assert repeated > 10


def test_unknown_names_are_attribute_errors() -> None:
    for module in (codes, interfaces):
        with pytest.raises(AttributeError, match="no attribute"):
            module.NoSuchName  # noqa: B018  # the access is the test
    with pytest.raises(KeyError):
        interfaces.by_code("0000")


def test_importing_one_interface_imports_no_other() -> None:
    text = (
        "import sys; from mi_core.interfaces import OutpatientSettlementRequest;"
        "print(sum(m.startswith('mi_core.interfaces.i') for m in sys.modules),"
        " [m for m in ('aiohttp', 'sqlalchemy', 'jinja2', 'click') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == ["1", "[]\n"]
