"""``csb-seconds`` (Jiangsu): as ``csb``, but seconds (10 digits), and ``_api_name`` names a service instead of the interface."""

from __future__ import annotations

from typing import Any, Final

from mi_plugins.sandbox.explain_wrong import tell_value
from mi_plugins.sandbox.profiles.base import Admitted, Arrival, Refused
from mi_plugins.sandbox.refusal import GatewayRefusal
from mi_plugins.sandbox.settings import Settings
from mi_plugins.sandbox.signature import UNKNOWN_USER, check_signature

__all__ = ["SERVICE", "CsbSeconds"]

SERVICE: Final = "sandbox-service"


class CsbSeconds:
    """The service gateway with another clock."""

    name: Final = "csb-seconds"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def admit(self, arrival: Arrival) -> Admitted:
        """Check the five headers; refusals are those of ``csb``."""
        secrets = {self._settings.access_key: self._settings.secret_key.encode()}
        try:
            service = check_signature(
                arrival.headers, secrets, arrival.now_ms, arrival.window_ms, digits=10, profile=self.name
            )
            if service != SERVICE:
                tell_value(self.name, "_api_name", SERVICE, service)
                raise GatewayRefusal(UNKNOWN_USER)
        except GatewayRefusal as refusal:
            body = {"code": 401, "message": str(refusal)}
            status = self._settings.gateway_refusal_status
            raise Refused(str(refusal), status=status, body=body) from None
        return Admitted(arrival.body, None)

    def config(self, url: str) -> dict[str, Any]:
        """For ``[institutions.X.gateway]``."""
        return {
            "url": f"{url}/{self.name}/CSB", "access_key": self._settings.access_key, "secret_key": self._settings.secret_key,
            "api_version": "1.0.0", "api_name": SERVICE,
        }  # fmt: skip
