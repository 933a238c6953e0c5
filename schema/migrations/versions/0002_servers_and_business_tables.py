"""The log for servers (partitioned by month), its columns for statistics, and the six business tables.

Rows written so far are kept: on SQLite the columns are added, on the servers the log is copied into a partitioned one.
MySQL cannot undo DDL, so that each step there can be repeated after an interruption.
"""

# ruff: noqa: S608 -- every name in a statement is a constant of this file, every value is bound
import datetime as dt
import math

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LOG, OLD, NEW = "business_operation_logs", "business_operation_logs_0001", "business_operation_logs_new"
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
BODY = sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
SEALED = sa.LargeBinary().with_variant(mysql.VARBINARY(400), "mysql", "mariadb")
MONEY = sa.Numeric(16, 2).with_variant(sa.String(20), "sqlite")
MYSQL = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
MARIADB = {name.replace("mysql", "mariadb"): value for name, value in MYSQL.items()}
MONTHS_AHEAD = 3

OLD_COLUMNS = (
    ("id", ROW_ID, False), ("operation_id", sa.String(64), False), ("msgid", sa.String(30), False),
    ("api_code", sa.String(50), False), ("api_name", sa.String(200), False), ("effect", sa.String(10), False),
    ("business_category", sa.String(50), False), ("business_type", sa.String(50), False),
    ("institution_code", sa.String(50), False), ("psn_no_hash", sa.String(64), True),
    ("certno_hash", sa.String(64), True), ("mdtrt_id_hash", sa.String(64), True),
    ("operation_key_hash", sa.String(64), True), ("request_data", BODY, False), ("response_data", BODY, True),
    ("status", sa.String(20), False), ("outcome", sa.String(20), True), ("evidence", sa.String(200), True),
    ("error_code", sa.String(50), True), ("error_message", BODY, True), ("operation_time", MOMENT, False),
    ("complete_time", MOMENT, True), ("operator_id", sa.String(50), False), ("operator_name", sa.String(100), False),
    ("trace_id", sa.String(100), True), ("client_ip", sa.String(45), True), ("created_at", MOMENT, False),
    ("updated_at", MOMENT, False),
)  # fmt: skip
NEW_COLUMNS = (
    ("psn_no", SEALED), ("certno", SEALED), ("mdtrt_id", SEALED), ("operation_day", sa.String(10)),
    ("duration_ms", sa.Integer()), ("duration_class", sa.SmallInteger()),
)  # fmt: skip
INDEXES = {
    "ix_operation_log_operation": ["operation_id"],
    "ix_operation_log_msgid": ["institution_code", "msgid"],
    "ix_operation_log_psn_no": ["psn_no_hash"],
    "ix_operation_log_certno": ["certno_hash"],
    "ix_operation_log_mdtrt_id": ["mdtrt_id_hash"],
    "ix_operation_log_status": ["status", "operation_time"],
    "ix_operation_log_trace": ["trace_id"],
    "ix_operation_log_statistics": [
        "operation_day", "institution_code", "api_code", "status", "duration_class", "duration_ms",
    ],
}  # fmt: skip
SQLITE_INDEXES = ("ix_operation_log_trace", "ix_operation_log_statistics")

BUSINESS: dict[str, list[tuple[str, sa.types.TypeEngine, bool]]] = {
    "settlement": [
        ("settlement_type", sa.String(20), False), ("settlement_subtype", sa.String(20), True),
        ("setl_id", sa.String(50), True), ("medfee_sumamt", MONEY, True), ("psn_part_amt", MONEY, True),
        ("fund_pay_sumamt", MONEY, True), ("settlement_time", MOMENT, True),
    ],
    "registration": [
        ("registration_type", sa.String(50), False), ("registration_action", sa.String(20), False),
        ("trt_dcla_detl_sn", sa.String(50), True), ("audit_opinion", BODY, True), ("audit_time", MOMENT, True),
        ("effective_date", sa.Date(), True), ("expiry_date", sa.Date(), True),
    ],
    "inpatient": [
        ("inpatient_action", sa.String(20), False), ("admission_time", MOMENT, True), ("discharge_time", MOMENT, True),
    ],
    "prescription": [
        ("prescription_action", sa.String(20), False), ("prescription_source", sa.String(20), False),
        ("fixmedins_code", sa.String(50), True), ("prescription_time", MOMENT, True), ("dispense_time", MOMENT, True),
    ],
    "online_payment": [
        ("payment_action", sa.String(20), False), ("order_no", sa.String(50), True), ("order_amount", MONEY, True),
        ("paid_amount", MONEY, True), ("order_time", MOMENT, True), ("payment_time", MOMENT, True),
    ],
    "information_collection": [
        ("collection_type", sa.String(50), False), ("collection_action", sa.String(20), False),
        ("collection_time", MOMENT, True),
    ],
}  # fmt: skip
OF_A_VISIT = ("settlement", "inpatient", "information_collection")
SHORT = {"online_payment": "payment", "information_collection": "collection"}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    there = set(sa.inspect(op.get_bind()).get_table_names())
    for table in there.intersection([*(f"{kind}_business" for kind in BUSINESS), "operation_log_ids", NEW]):
        op.drop_table(table)
    if dialect == "sqlite":
        _widen()
    else:
        _partition(dialect)
    _fill(dialect)
    for kind, own in BUSINESS.items():
        _business(kind, own)


def downgrade() -> None:
    raise RuntimeError("restore the backup that was made before the upgrade")


def _widen() -> None:
    for name, kind in NEW_COLUMNS:
        op.add_column(LOG, sa.Column(name, kind))
    for name in SQLITE_INDEXES:
        op.create_index(name, LOG, INDEXES[name])


def _partition(dialect: str) -> None:
    """A partitioned log with the rows of the plain one, and the table of ids that keeps them unique."""
    mysql_family, bind = dialect in ("mysql", "mariadb"), op.get_bind()
    names = ", ".join(name for name, _, _ in OLD_COLUMNS)
    if not sa.inspect(bind).has_table(OLD):
        first = bind.execute(sa.text(f"SELECT min(operation_time) FROM {LOG}")).scalar()
        months = _months(min(first or _now(), _now()))
        if mysql_family:
            _log_table(NEW, months, dialect)
            op.execute(f"INSERT INTO {NEW} ({names}) SELECT {names} FROM {LOG}")
            op.execute(f"RENAME TABLE {LOG} TO {OLD}, {NEW} TO {LOG}")
        else:
            op.execute(f"ALTER TABLE {LOG} RENAME TO {OLD}")
            op.execute(
                f"ALTER TABLE {OLD} DROP CONSTRAINT {LOG}_pkey, DROP CONSTRAINT {LOG}_operation_id_key"
            )
            op.execute(f"ALTER SEQUENCE {LOG}_id_seq RENAME TO {OLD}_id_seq")
            for name in INDEXES:
                op.execute(f"DROP INDEX IF EXISTS {name}")
            _log_table(LOG, months, dialect)
            op.execute(f"INSERT INTO {LOG} ({names}) SELECT {names} FROM {OLD}")
            op.execute(f"SELECT setval('{LOG}_id_seq', coalesce(max(id), 0) + 1, false) FROM {LOG}")
    op.create_table(
        "operation_log_ids",
        sa.Column("operation_id", sa.String(64), primary_key=True),
        sa.Column("institution_code", sa.String(50), nullable=False),
        sa.Column("msgid", sa.String(30), nullable=False),
        sa.Column("operation_time", MOMENT, nullable=False),
        **MYSQL, **MARIADB,
    )  # fmt: skip
    op.create_index(
        "ix_operation_log_ids_msgid", "operation_log_ids", ["institution_code", "msgid"], unique=True
    )
    op.create_index("ix_operation_log_ids_time", "operation_log_ids", ["operation_time"])
    op.execute(
        "INSERT INTO operation_log_ids (operation_id, institution_code, msgid, operation_time) "
        f"SELECT operation_id, institution_code, msgid, operation_time FROM {LOG}"
    )
    op.execute(f"DROP TABLE {OLD}")


def _log_table(name: str, months: list[dt.date], dialect: str) -> None:
    columns = [sa.Column(n, k, nullable=null) for n, k, null in OLD_COLUMNS[1:] if n != "operation_time"]
    columns += [sa.Column(n, k) for n, k in NEW_COLUMNS]
    options: dict[str, object] = {**MYSQL, **MARIADB}
    if dialect == "postgresql":
        options["postgresql_partition_by"] = "RANGE (operation_time)"
    op.create_table(
        name,
        sa.Column("operation_time", MOMENT, nullable=False, primary_key=True),
        sa.Column("id", ROW_ID, nullable=False, primary_key=True, autoincrement=True),
        *columns,
        *([sa.Index("ix_operation_log_id", "id")] if dialect != "postgresql" else []),
        **options,
    )  # fmt: skip
    for index, keys in INDEXES.items():
        op.create_index(index, name, keys)
    if dialect == "postgresql":
        for month in months:
            op.execute(
                f"CREATE TABLE {LOG}_p{month:%Y%m} PARTITION OF {LOG} "
                f"FOR VALUES FROM ('{month}') TO ('{_next(month)}')"
            )
        op.execute(f"CREATE TABLE {LOG}_default PARTITION OF {LOG} DEFAULT")
        return
    parts = [f"PARTITION p{month:%Y%m} VALUES LESS THAN ('{_next(month)}')" for month in months]
    parts.append("PARTITION pmax VALUES LESS THAN (MAXVALUE)")
    op.execute(f"ALTER TABLE {name} PARTITION BY RANGE COLUMNS (operation_time) ({', '.join(parts)})")


def _fill(dialect: str) -> None:
    """The statistics' columns of the rows that are there; their sealed identifiers stand in the sealed body only."""
    day = {
        "sqlite": "substr(operation_time, 1, 10)",
        "postgresql": "to_char(operation_time, 'YYYY-MM-DD')",
    }.get(dialect, "DATE_FORMAT(operation_time, '%Y-%m-%d')")
    bind = op.get_bind()
    bind.execute(sa.text(f"UPDATE {LOG} SET operation_day = {day} WHERE operation_day IS NULL"))
    log = sa.table(
        LOG, sa.column("id", ROW_ID), sa.column("operation_time", MOMENT), sa.column("complete_time", MOMENT),
        sa.column("duration_ms", sa.Integer), sa.column("duration_class", sa.SmallInteger),
    )  # fmt: skip
    change = sa.update(log).where(log.c.id == sa.bindparam("row"))
    if dialect != "sqlite":  # which keeps times as texts, and finds the row by its id alone
        change = change.where(log.c.operation_time == sa.bindparam("at"))
    change = change.values(duration_ms=sa.bindparam("ms"), duration_class=sa.bindparam("cls"))
    last = -1
    while True:
        query = sa.select(log.c.id, log.c.operation_time, log.c.complete_time)
        query = query.where(log.c.complete_time.is_not(None), log.c.id > last).order_by(log.c.id).limit(1000)
        rows = bind.execute(query).all()
        if not rows:
            return
        last = rows[-1].id
        values = []
        for row in rows:
            ms = max(0, round((row.complete_time - row.operation_time).total_seconds() * 1000))
            value = {"row": row.id, "ms": min(ms, 2**31 - 1), "cls": _class(ms)}
            values.append(value if dialect == "sqlite" else {**value, "at": row.operation_time})
        bind.execute(change, values)


def _business(kind: str, own: list[tuple[str, sa.types.TypeEngine, bool]]) -> None:
    name, short = f"{kind}_business", SHORT.get(kind, kind)
    sealed = ("psn_no", "mdtrt_id") if kind in OF_A_VISIT else ("psn_no",)
    op.create_table(
        name,
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=False),
        sa.Column("operation_log_id", ROW_ID, nullable=False),
        sa.Column("operation_time", MOMENT, nullable=False),
        sa.Column("operation_day", sa.String(10), nullable=False),
        sa.Column("institution_code", sa.String(50), nullable=False),
        sa.Column("api_code", sa.String(50), nullable=False),
        sa.Column(f"{short}_id", sa.String(64), nullable=False, unique=True),
        *(sa.Column(column, SEALED if not column.endswith("_hash") else sa.String(64))
          for sealed_ in sealed for column in (sealed_, f"{sealed_}_hash")),
        *(sa.Column(column, kind_, nullable=null) for column, kind_, null in own),
        sa.Column(f"{short}_status", sa.String(20), nullable=False),
        sa.Column(f"{short}_detail", BODY),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        **MYSQL, **MARIADB,
    )  # fmt: skip
    for column in sealed:
        op.create_index(f"ix_{short}_{column}", name, [f"{column}_hash"])
    op.create_index(f"ix_{short}_day", name, ["operation_day", "institution_code", "api_code"])


def _class(ms: int) -> int:
    return 0 if ms < 1 else 1 + int(math.log(ms) / math.log(1.05))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).replace(tzinfo=None)


def _months(first: dt.datetime) -> list[dt.date]:
    """The first days from the month of ``first`` to a few months from now."""
    months = [first.date().replace(day=1)]
    end = _now().date().replace(day=1)
    for _ in range(MONTHS_AHEAD):
        end = _next(end)
    while months[-1] < end:
        months.append(_next(months[-1]))
    return months


def _next(month: dt.date) -> dt.date:
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
