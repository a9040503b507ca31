"""Public keys of clients: what is accepted at registration (security.md 2, 5), and verification with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from joserfc import jwk, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

NAMES_OF = {"PS256": ("PS256",), "ES256": ("ES256",), "EdDSA": ("EdDSA", "Ed25519")}
"""Names that a header may carry, by the algorithm stored with the key: RFC 9864 renamed EdDSA over Ed25519."""
ALGORITHMS = tuple(name for names in NAMES_OF.values() for name in names)

RSA_BITS = range(2048, 4097)
RSA_EXPONENT = 65537
PUBLIC_MEMBERS = {"PS256": ("kty", "n", "e"), "ES256": ("kty", "crv", "x", "y"), "EdDSA": ("kty", "crv", "x")}
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
KID = re.compile(r"[\x21-\x7e]{1,128}")


class KeyRefused(ValueError):
    """The key cannot be registered; the message (Chinese / English) says why."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that passed the checks of `check_public_key`: `jwk` holds public members only."""

    kid: str
    alg: str
    jwk: dict[str, str]


class _Registry(JWSRegistry):
    """Knows `ALGORITHMS` only, and does not warn on every assertion that names EdDSA."""

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS or name not in (self.allowed or ()):
            raise JoseError
        return self.algorithms[name]


_REGISTRIES = {alg: _Registry(algorithms=names) for alg, names in NAMES_OF.items()}


def check_public_key(given: Mapping[str, object]) -> PublicKey:
    """RSA of 2048 to 4096 bits (PS256), P-256 (ES256) or Ed25519 (EdDSA); `kid` defaults to the RFC 7638 thumbprint.

    Raises:
        KeyRefused: another kind, a weak or broken key, a private key, `alg`, `use`, `key_ops` or `kid` that do not fit.
    """
    if PRIVATE_MEMBERS & given.keys():
        raise KeyRefused("请只登记公钥，私钥不得离开客户端 / register the public key only: a private key stays at home")
    bare: dict[str, Any] = {name: value for name, value in given.items() if name not in ("alg", "use", "key_ops")}
    try:
        key = jwk.import_key(bare)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeyRefused("不是有效的 JWK（RFC 7517） / not a valid JWK (RFC 7517)") from error
    alg = _algorithm(key)
    kid = given.get("kid", key.thumbprint())
    if not isinstance(kid, str) or not KID.fullmatch(kid):
        raise KeyRefused("kid 应为 1 至 128 个可见 ASCII 字符 / kid: 1 to 128 visible ASCII characters")
    if given.get("alg", alg) not in NAMES_OF[alg]:
        raise KeyRefused(f"此密钥的算法应为 {alg} / the alg of this key must be {alg}")
    operations = given.get("key_ops", ["verify"])
    if given.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise KeyRefused("密钥用途应为签名 / the key must be for signatures (use: sig)")
    return PublicKey(kid, alg, {name: str(given[name]) for name in PUBLIC_MEMBERS[alg]})


def _algorithm(key: Key) -> str:
    if isinstance(key, ECKey) and key.curve_name == "P-256":
        return "ES256"
    if isinstance(key, OKPKey) and key.curve_name == "Ed25519":
        return "EdDSA"
    if isinstance(key, RSAKey):
        numbers = key.public_key.public_numbers()
        if numbers.n.bit_length() in RSA_BITS and numbers.e >= RSA_EXPONENT and numbers.e % 2:
            return "PS256"
        raise KeyRefused("RSA 密钥应为 2048 至 4096 位 / an RSA key has 2048 to 4096 bits and an exponent from 65537")
    raise KeyRefused("仅接受 RSA、P-256、Ed25519 密钥 / only RSA, P-256 and Ed25519 keys are accepted")


def generate_key(kid: str | None = None) -> dict[str, Any]:
    """A new private ES256 key as JWK with `kid` and `alg`: what `hub client create` writes for the client."""
    key = ECKey.generate_key("P-256")
    return {**key.as_dict(private=True), "kid": kid or key.thumbprint(), "alg": "ES256", "use": "sig"}


def public_part(private: Mapping[str, object]) -> dict[str, object]:
    """The same JWK without its private members."""
    return {name: value for name, value in private.items() if name not in PRIVATE_MEMBERS}


def signed_by(assertion: jws.CompactSignature, key: Mapping[str, Any], alg: str) -> bool:
    """Whether the assertion bears the signature of this registered key, under an algorithm of this key."""
    return jws.validate_compact(assertion, jwk.import_key(dict(key)), registry=_REGISTRIES[alg])


@cache
def stand_in(alg: str) -> dict[str, Any]:
    """The key of nobody: an assertion of an unknown client costs one verification like any other (security.md 15)."""
    key: Key
    if alg == "PS256":
        key = RSAKey.generate_key(RSA_BITS[0])
    elif alg == "ES256":
        key = ECKey.generate_key("P-256")
    else:
        key = OKPKey.generate_key("Ed25519")
    return dict(key.as_dict(private=False))
