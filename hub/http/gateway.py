"""The signature of a registered gateway: what opens `_entities` (security.md L9).

    X-Hub-Gateway-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." + raw body>

The key is the installation's own: 32 bytes in `DATA/secrets/gateway`, given to the gateway by the operator. A signature
says which program asks, never who: the caller's own token and policy decide all the same.
"""

import hmac
import re
from datetime import datetime

HEADER = b"x-hub-gateway-signature"
WINDOW_S = 60
"""How far the stated time may lie from the hub's, either way."""
_FORM = re.compile(rb"t=([1-9][0-9]{0,11}),v1=([0-9a-f]{64})")


def sign(key: bytes, body: bytes, at: datetime) -> str:
    """The header's value for a body sent at that time."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_digest(key, seconds, body)}"


def verify(key: bytes, header: bytes, body: bytes, now: datetime) -> bool:
    """Whether the header signs this body with this key, within the window; in constant time for a well-formed one."""
    match = _FORM.fullmatch(header)
    if not match:
        return False
    seconds = int(match[1])
    genuine = hmac.compare_digest(_digest(key, seconds, body).encode(), match[2])
    return genuine and abs(now.timestamp() - seconds) <= WINDOW_S


def _digest(key: bytes, seconds: int, body: bytes) -> str:
    return hmac.digest(key, b"%d." % seconds + body, "sha256").hex()
