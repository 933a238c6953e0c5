"""Alembic environment. ``mi db upgrade`` passes the open connection; nothing is read from an ini file."""

from alembic import context

from mi_plugins.stores.business_tables import BUSINESS
from mi_plugins.stores.tables import metadata

assert BUSINESS  # its import adds the six tables to the metadata
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
