"""Configuration: ``mi.toml``, ``MI_*`` variables and keywords -> one frozen :class:`Config`."""

from mi_core.config.load import DEFAULT_FILE, ConfigMistakes, load_config
from mi_core.config.model import (
    BridgeSettings,
    Config,
    Institution,
    JournalSettings,
    LimitSettings,
    MappingSettings,
    Operator,
    PluginSettings,
    RecoverySettings,
    Route,
    ServeSettings,
    Timeouts,
    require_test_environment,
)
from mi_core.config.sources import Mistake
from mi_core.config.template import commented_file

__all__ = [
    "DEFAULT_FILE",
    "BridgeSettings",
    "Config",
    "ConfigMistakes",
    "Institution",
    "JournalSettings",
    "LimitSettings",
    "MappingSettings",
    "Mistake",
    "Operator",
    "PluginSettings",
    "RecoverySettings",
    "Route",
    "ServeSettings",
    "Timeouts",
    "commented_file",
    "load_config",
    "require_test_environment",
]
