"""The operation log: business_operation_logs and the keys that belong to it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TABLE = "business_operation_logs"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("operation_id", sa.String(64), nullable=False, unique=True),
        sa.Column("msgid", sa.String(30), nullable=False),
        sa.Column("api_code", sa.String(50), nullable=False),
        sa.Column("api_name", sa.String(200), nullable=False),
        sa.Column("effect", sa.String(10), nullable=False),
        sa.Column("business_category", sa.String(50), nullable=False),
        sa.Column("business_type", sa.String(50), nullable=False),
        sa.Column("institution_code", sa.String(50), nullable=False),
        sa.Column("psn_no_hash", sa.String(64)),
        sa.Column("certno_hash", sa.String(64)),
        sa.Column("mdtrt_id_hash", sa.String(64)),
        sa.Column("operation_key_hash", sa.String(64)),
        sa.Column("request_data", sa.LargeBinary, nullable=False),
        sa.Column("response_data", sa.LargeBinary),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(20)),
        sa.Column("evidence", sa.String(200)),
        sa.Column("error_code", sa.String(50)),
        sa.Column("error_message", sa.LargeBinary),
        sa.Column("operation_time", sa.DateTime, nullable=False),
        sa.Column("complete_time", sa.DateTime),
        sa.Column("operator_id", sa.String(50), nullable=False),
        sa.Column("operator_name", sa.String(100), nullable=False),
        sa.Column("trace_id", sa.String(100)),
        sa.Column("client_ip", sa.String(45)),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_operation_log_msgid", TABLE, ["institution_code", "msgid"], unique=True)
    op.create_index("ix_operation_log_psn_no", TABLE, ["psn_no_hash"])
    op.create_index("ix_operation_log_certno", TABLE, ["certno_hash"])
    op.create_index("ix_operation_log_mdtrt_id", TABLE, ["mdtrt_id_hash"])
    op.create_index("ix_operation_log_status", TABLE, ["status", "operation_time"])
    op.create_table(
        "operation_log_keys",
        sa.Column("key_id", sa.String(16), primary_key=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("operation_log_keys")
    op.drop_table(TABLE)
