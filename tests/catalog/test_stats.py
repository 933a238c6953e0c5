"""The catalogue in numbers, as the issue and the readme state them."""

from __future__ import annotations

import json

from click.testing import CliRunner

from mi_core.catalog import load_catalog
from mi_core.catalog.stats import catalog_stats, field_count
from mi_core.cli.catalog import catalog

KEYS = [
    "interfaces", "listed", "business", "withdrawn", "tables", "fields", "file_columns", "code_tables", "codes",
    "conditions", "errata",
]  # fmt: skip


def test_the_numbers() -> None:
    numbers = catalog_stats(load_catalog())
    assert list(numbers) == KEYS
    assert {k: numbers[k] for k in KEYS[:5]} == {
        "interfaces": 212, "listed": 206, "business": 174, "withdrawn": 3, "tables": 505,
    }  # fmt: skip
    assert numbers["file_columns"] == 771
    assert numbers["code_tables"] == 303
    assert 6_600 <= numbers["fields"] <= 6_700
    assert 3_425 <= numbers["codes"] <= 3_440
    assert numbers["conditions"] >= 50
    assert numbers["errata"] == len(load_catalog().overlays[0].entries)


def test_without_errata_the_fields_are_the_source_s() -> None:
    numbers = catalog_stats(load_catalog(overlays=()))
    assert (numbers["fields"], numbers["codes"], numbers["errata"]) == (6_667, 3_431, 0)


def test_withdrawn_and_unlisted() -> None:
    specs = load_catalog().interfaces.values()
    assert {s.code for s in specs if s.withdrawn} == {"3203", "3204", "4201"}
    assert {s.code for s in specs if not s.listed} == {"2306", "2406", "2407", "3203", "3204", "4201"}


def test_the_command_prints_exactly_these_keys() -> None:
    done = CliRunner().invoke(catalog, ["stats", "--json"])
    assert done.exit_code == 0, done.output
    assert list(json.loads(done.output)) == KEYS


def test_what_counts_as_a_field() -> None:
    """Fields of tables: not the root nodes, but a node that is a field of another one, and coded file columns."""
    rows = {"type": "array", "items": {"type": "object", "properties": {"c": {}, "d": {}}}}
    node = {"type": "object", "properties": {"a": {}, "b": {}, "rows": rows}}
    document = {
        "x-mi": {
            "files": [{"columns": [{"column": 1, "code": "x"}, {"column": 2}]}],
            "xmlDocument": {"type": "object", "properties": {"e": {}, "group": node}},
        },
        "properties": {
            "input": {"type": "object", "properties": {"data": node}},
            "output": {
                "type": "object",
                "properties": {"f": {}, "rows": rows},
                "x-mi": {"sourceTable": "output.0"},
            },
        },
    }
    assert field_count(document) == (2 + 1 + 2) + (1 + 1 + 2) + (1 + 1 + 5) + 1
