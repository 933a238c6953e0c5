"""Keys and settings that the tests of the gateways share; the key pair is the published vector's."""

from __future__ import annotations

from typing import Any

from mi_core.crypto import read_private_key, software
from mi_core.plugin import HttpReply, Secret
from mi_core.plugin.manager import built_in_gateways

PRIVATE = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
"""d of the published vector (also GB/T 32918.5)."""
PUBLIC = software().sm2_public_key(read_private_key(PRIVATE)).uncompressed.hex()
PLATFORM = "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21"
"""The other side's private key: any number will do."""
PLATFORM_PUBLIC = software().sm2_public_key(read_private_key(PLATFORM)).uncompressed.hex()
APP_ID, APP_SECRET = "0123456789ABCDEF0123456789ABCDEF", "FEDCBA9876543210FEDCBA9876543210"
CLIENT_ID = "abcdefgh01234567"
NOW = 1_700_000_000_000
NATIONAL = (
    '{"infno":"2207","msgid":"M","cainfo":"","infver":"1.0.0","input":{"data":{"姓名":"张三","a":1.50}}}'
)

_OWN: dict[str, dict[str, Any]] = {
    "csb": {"access_key": Secret("test-access-key-01"), "secret_key": Secret("test-secret-key-0001")},
    "csb-seconds": {
        "access_key": Secret("test-access-key-01"), "secret_key": Secret("test-secret-key-0001"), "api_name": "demo-service",
    },
    "tif": {"paas_id": "test-paas", "paas_token": Secret("test-paas-token-01")},
    "zj-ca": {"ca_key": "test-key", "ca_secret": Secret("test-zj-secret"), "url_rule": "one"},
    "oauth-sm": {
        "client_id": CLIENT_ID, "client_secret": Secret("cs-SECRET"), "user": "u", "password": Secret("pw-SECRET"),
        "private_key": Secret(PRIVATE),
    },
    "envelope-sm": {
        "app_id": APP_ID, "app_secret": Secret(APP_SECRET), "private_key": Secret(PRIVATE), "platform_key": PLATFORM_PUBLIC,
    },
    "none": {},
    "local-agent": {"agent_token": Secret("agent-SECRET")},
}  # fmt: skip
PROFILES = tuple(_OWN)


def gateway(profile: str, url: str = "http://127.0.0.1:1/base", **changes: Any) -> Any:
    """A gateway of that profile with test keys."""
    factory: Any = built_in_gateways()[profile]
    return factory(factory.settings_class(profile=profile, url=url, **{**_OWN[profile], **changes}))


def reply(body: bytes, status: int = 200, **headers: str) -> HttpReply:
    return HttpReply(status, headers, body)
