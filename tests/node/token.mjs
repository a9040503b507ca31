// openid-client against the hub: discovery, token, introspection, revocation. Reads {issuer, clientId, jwk, scope,
// details} from ASKED, writes what it saw as JSON.
import * as client from "openid-client";

const { issuer, clientId, jwk, scope, details } = JSON.parse(process.env.ASKED);
const algorithm = jwk.kty === "OKP" ? { name: "Ed25519" } : { name: "ECDSA", namedCurve: "P-256" };
const { alg, use, key_ops, ...bare } = jwk;
const key = await crypto.subtle.importKey("jwk", bare, algorithm, false, ["sign"]);

// Plain http is for loopback only; everything else is the library's default, the assertion's audience too.
const config = await client.discovery(
  new URL(issuer), clientId, undefined, client.PrivateKeyJwt({ key, kid: jwk.kid }),
  { algorithm: "oauth2", execute: [client.allowInsecureRequests] },
);
const token = await client.clientCredentialsGrant(config, { scope, authorization_details: JSON.stringify(details) });
const active = await client.tokenIntrospection(config, token.access_token);
await client.tokenRevocation(config, token.access_token);
const revoked = await client.tokenIntrospection(config, token.access_token);

const refusals = {};
for (const [name, parameters] of Object.entries({
  scope: { scope: "admin:clients", authorization_details: JSON.stringify(details) },
  absent: { scope },
  malformed: { scope, authorization_details: "[{}]" },
})) {
  refusals[name] = await client.clientCredentialsGrant(config, parameters).then(() => "issued", (error) => error.error);
}
const stranger = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const forged = await client.discovery(
  new URL(issuer), clientId, undefined, client.PrivateKeyJwt({ key: stranger.privateKey, kid: jwk.kid }),
  { algorithm: "oauth2", execute: [client.allowInsecureRequests] },
);
refusals.forged = await client.clientCredentialsGrant(forged, { scope }).then(() => "issued", (error) => error.error);

console.log(JSON.stringify({ metadata: config.serverMetadata(), token, active, revoked, refusals }));
