"""A crash during a call that only a region has: the log's catch-up must not stop at it."""

from __future__ import annotations

from pathlib import Path

from mi_core.pipeline.rows_again import end_of, start_of
from tests.journal.kit import Clock, done, open_journal, settlement

SENT = '{"infno":"2260","opter_name":"张三","input":{"mdtrtinfo":{"psn_no":"P1"}}}'.encode()


def test_a_row_of_a_regions_own_interface(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal.db", Clock())
    try:
        intent = settlement(interface="2260", business_key=("bill-1",), amounts={})
        found = journal.read.attempt(done(journal, intent, request=SENT).msgid)
        assert found is not None
        start = start_of(found)
        assert (start.api_code, start.api_name, start.psn_no) == ("2260", "2260", "P1")
        assert (start.operator_name, start.operation_key, start.request) == ("张三", "bill-1", SENT)
        assert end_of(found).status == "success"
    finally:
        journal.close()
