"""Names that the server and a client of it share. Imports nothing heavy: `hub token` must be quick."""

import re

METHOD = "private_key_jwt"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DETAILS_TYPE = "data_sharing"
"""The one type of `authorization_details` (RFC 9396)."""
CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
"""Also a safe file name: a client's key lies in `clients/<client id>.jwk`."""
