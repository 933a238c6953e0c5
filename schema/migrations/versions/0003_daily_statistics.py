"""Statistics by day kept beside the log instead of counted from it, and lists by time and interface from indexes.

Nothing written so far changes; the statistics of the rows that are there are worked out here.
"""

# ruff: noqa: S608 -- every name in a statement is a constant of this file
import struct

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LOG, DAYS, MONEY = "business_operation_logs", "operation_log_days", "settlement_business"
KEYS = ("operation_day", "institution_code", "api_code", "status")
NUMBERS = ("number", "total_ms", "settlements", "medfee_fen", "fund_pay_fen", "psn_part_fen")
MYSQL = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
MARIADB = {name.replace("mysql", "mariadb"): value for name, value in MYSQL.items()}


def upgrade() -> None:
    bind = op.get_bind()
    there = sa.inspect(bind)
    if there.has_table(DAYS):
        op.drop_table(DAYS)
    op.create_table(
        DAYS,
        sa.Column("day_key", sa.String(160), primary_key=True),
        sa.Column("operation_day", sa.String(10), nullable=False),
        sa.Column("institution_code", sa.String(50), nullable=False),
        sa.Column("api_code", sa.String(50), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in NUMBERS),
        sa.Column("durations", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False, **MYSQL, **MARIADB,
    )  # fmt: skip
    _fill(bind.dialect.name)
    indexes = {i["name"] for i in there.get_indexes(LOG)}
    if "ix_operation_log_interface" not in indexes:
        op.create_index("ix_operation_log_interface", LOG, ["api_code", "operation_time"])
    if bind.dialect.name == "sqlite":  # on the servers the primary key begins with the time
        op.create_index("ix_operation_log_time", LOG, ["operation_time"])
    if "ix_operation_log_statistics" in indexes:
        op.drop_index("ix_operation_log_statistics", LOG)
    _key_by_time(bind)


def _key_by_time(bind: sa.Connection) -> None:
    """Revision 0002 meant the servers' key to be (operation_time, id); SQLAlchemy puts counting columns first."""
    key = sa.inspect(bind).get_pk_constraint(LOG)
    if bind.dialect.name == "sqlite" or key["constrained_columns"] == ["operation_time", "id"]:
        return
    drop = "DROP PRIMARY KEY" if bind.dialect.name != "postgresql" else f"DROP CONSTRAINT {key['name']}"
    op.execute(f"ALTER TABLE {LOG} {drop}, ADD PRIMARY KEY (operation_time, id)")


def downgrade() -> None:
    raise RuntimeError("restore the backup that was made before the upgrade")


def _fill(dialect: str) -> None:
    fen = {
        "sqlite": "CAST(replace({0}, '.', '') AS INTEGER)",  # amounts are texts with two places there
    }.get(dialect, "{0} * 100")
    sums = ", ".join(
        f"coalesce(sum({fen.format('m.' + name)}), 0)"
        for name in ("medfee_sumamt", "fund_pay_sumamt", "psn_part_amt")
    )
    grouped = (
        f"SELECT l.operation_day, l.institution_code, l.api_code, l.status, l.duration_class, count(*), sum(l.duration_ms), "
        f"count(m.id), {sums} FROM {LOG} l LEFT JOIN {MONEY} m "
        "ON m.id = l.id AND m.settlement_subtype = 'settlement' AND m.settlement_status = 'completed' "
        "WHERE l.duration_class IS NOT NULL AND l.status <> 'pending' "
        "GROUP BY l.operation_day, l.institution_code, l.api_code, l.status, l.duration_class"
    )
    sums_of: dict[tuple[str, ...], tuple[list[int], dict[int, int]]] = {}
    for row in op.get_bind().execute(sa.text(grouped)):
        numbers, classes = sums_of.setdefault(tuple(row[:4]), ([0] * len(NUMBERS), {}))
        classes[row[4]] = int(row[5])
        for i, value in enumerate(row[5:]):
            numbers[i] += int(value)
    if sums_of:
        table = sa.table(
            DAYS,
            *(sa.column(n) for n in ("day_key", *KEYS, *NUMBERS)),
            sa.column("durations", sa.LargeBinary),
        )
        op.bulk_insert(table, [
            {"day_key": " ".join(place), **dict(zip(KEYS, place, strict=True)), **dict(zip(NUMBERS, numbers, strict=True)),
             "durations": struct.pack(f"<{max(classes) + 1}I", *(classes.get(i, 0) for i in range(max(classes) + 1)))}
            for place, (numbers, classes) in sums_of.items()
        ])  # fmt: skip
