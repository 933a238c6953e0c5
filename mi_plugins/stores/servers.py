"""``mysql://…``, ``mariadb://…`` and ``postgresql://…`` as operation-log stores; SQLAlchemy is imported when one is used."""

from __future__ import annotations

from mi_core.plugin import OperationLogStore, Registry, StoreFactory, StoreSettings, hookimpl


def _server(settings: StoreSettings) -> OperationLogStore:
    from mi_plugins.stores.sql.log import ServerLog

    return ServerLog(settings)


@hookimpl
def mi_register_stores(registry: Registry[StoreFactory]) -> None:
    """``[store] operation_log = "mysql://user@host/database?password_file=…"``."""
    for scheme in ("mysql", "mariadb", "postgresql"):
        registry.add(scheme, _server)
