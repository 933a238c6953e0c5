"""Gateways of other regions, as the sandbox speaks them: the checking side of each profile, below a path of its own.

=================  ==========================================================================================
csb-seconds        ``/csb-seconds/CSB``
tif                ``/tif``, or ``/tif/<interface>``
zj-ca              ``/zj-ca/<any path>``
oauth-sm           ``/oauth-sm``; token: ``/oauth-sm/auth/oauth/token`` or ``/auth/oauth/token``
envelope-sm        ``/envelope-sm/fixmedins/…``, ``/envelope-sm/org/local/api/hos/…``
=================  ==========================================================================================

``csb`` and ``none`` are in :mod:`mi_plugins.sandbox.app`. A gateway's own refusal is HTTP 401 with a text of the sandbox,
except where its form is known (``csb-seconds``: as ``csb``; token endpoint: RFC 6749).
"""

from __future__ import annotations

from mi_plugins.sandbox.profiles.base import Admitted, Arrival, Profile, Refused
from mi_plugins.sandbox.profiles.csb_seconds import CsbSeconds
from mi_plugins.sandbox.profiles.envelope_sm import EnvelopeSm
from mi_plugins.sandbox.profiles.oauth_sm import OAuthSm
from mi_plugins.sandbox.profiles.tif import Tif
from mi_plugins.sandbox.profiles.zj_ca import ZjCa
from mi_plugins.sandbox.settings import Settings

__all__ = ["Admitted", "Arrival", "Profile", "Refused", "profiles"]


def profiles(settings: Settings) -> tuple[Profile, ...]:
    """New gateways of every profile but ``csb`` and ``none``, with memories of their own (tokens, nonces)."""
    return CsbSeconds(settings), Tif(), ZjCa(), OAuthSm(settings), EnvelopeSm(settings)
